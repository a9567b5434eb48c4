//! The types of Rust that a schema can say.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{Head, Misfit, Read, Reader, expected};
use super::write::{Write, Writer};

macro_rules! integers {
    ($($ty:ident as $wide:ident $write:ident)+) => {
        $(impl Write for $ty {
            fn write(&self, to: &mut Writer) {
                to.$write($wide::from(*self));
            }
        }

        impl Read for $ty {
            fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
                Self::try_from(integer(from)?).map_err(|_| too_large(stringify!($ty)))
            }
        })+
    };
}

integers! {
    u16 as u64 unsigned
    u32 as u64 unsigned
    u64 as u64 unsigned
    i8 as i64 signed
    i16 as i64 signed
    i32 as i64 signed
    i64 as i64 signed
}

fn integer(from: &mut Reader<'_>) -> Result<i128, Misfit> {
    match from.head()? {
        Head::Integer(value) => Ok(value),
        other => Err(expected("an integer", other)),
    }
}

#[cold]
fn too_large(ty: &str) -> Misfit {
    Misfit::new(format!("an integer that is no `{ty}`"))
}

impl Write for u8 {
    fn write(&self, to: &mut Writer) {
        to.unsigned((*self).into());
    }

    /// The encoding of cells knows bytes by their first one: none of them are a list.
    fn write_list(list: &[Self], to: &mut Writer) {
        if list.is_empty() { to.list(0) } else { to.bytes(list) }
    }
}

impl Read for u8 {
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
        Self::try_from(integer(from)?).map_err(|_| too_large("u8"))
    }

    fn read_list(from: &mut Reader<'_>) -> Result<Vec<Self>, Misfit> {
        let mut ahead = from.clone();
        if let Head::Bytes(length) = ahead.head()? {
            let bytes = ahead.take(length)?.to_vec();
            *from = ahead;
            return Ok(bytes);
        }
        let mut list = Vec::new();
        from.list(&mut |from, _| {
            list.push(Self::read(from)?);
            Ok(())
        })?;
        Ok(list)
    }
}

macro_rules! wide_integers {
    ($($ty:ident)+) => {
        $(impl Write for $ty {
            /// MessagePack has no such number: its 16 bytes.
            fn write(&self, to: &mut Writer) {
                to.bytes(&self.to_be_bytes());
            }
        }

        impl Read for $ty {
            fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
                match from.head()? {
                    Head::Integer(value) => Self::try_from(value).map_err(|_| too_large(stringify!($ty))),
                    Head::Bytes(16) => {
                        let bytes = from.take(16)?.iter();
                        Ok(bytes.fold(0, |number, byte| number << 8 | Self::from(*byte)))
                    }
                    other => Err(expected("an integer of 128 bits", other)),
                }
            }
        })+
    };
}

wide_integers!(u128 i128);

macro_rules! floats {
    ($($ty:ident)+) => {
        $(impl Write for $ty {
            fn write(&self, to: &mut Writer) {
                to.$ty(*self);
            }
        }

        impl Read for $ty {
            fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
                match from.head()? {
                    Head::Float(value) => Ok(value as Self),
                    // As languages write it that have one sort of numbers.
                    Head::Integer(value) => Ok(value as Self),
                    other => Err(expected("a number", other)),
                }
            }
        })+
    };
}

floats!(f32 f64);

impl Write for () {
    fn write(&self, to: &mut Writer) {
        to.nil();
    }
}

impl Read for () {
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
        from.unit(true)
    }
}

impl Write for bool {
    fn write(&self, to: &mut Writer) {
        to.bool(*self);
    }
}

impl Read for bool {
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
        match from.head()? {
            Head::Bool(value) => Ok(value),
            other => Err(expected("a truth value", other)),
        }
    }
}

impl Write for char {
    fn write(&self, to: &mut Writer) {
        to.text(self.encode_utf8(&mut [0; 4]));
    }
}

impl Read for char {
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
        let mut letters = from.text()?.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => Ok(letter),
            _ => Err(Misfit::new("a text of one character is expected")),
        }
    }
}

impl Write for str {
    fn write(&self, to: &mut Writer) {
        to.text(self);
    }
}

impl Write for String {
    fn write(&self, to: &mut Writer) {
        to.text(self);
    }
}

impl Read for String {
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
        from.text().map(str::to_owned)
    }
}

impl<T: Write + ?Sized> Write for &T {
    fn write(&self, to: &mut Writer) {
        (**self).write(to);
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, to: &mut Writer) {
        match self {
            Some(value) => value.write(to),
            None => to.nil(),
        }
    }
}

impl<T: Read> Read for Option<T> {
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
        if from.nil() { Ok(None) } else { T::read(from).map(Some) }
    }
}

impl<T: Write> Write for [T] {
    fn write(&self, to: &mut Writer) {
        T::write_list(self, to);
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, to: &mut Writer) {
        T::write_list(self, to);
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
        T::read_list(from)
    }
}

impl<T: Write, const N: usize> Write for [T; N] {
    fn write(&self, to: &mut Writer) {
        to.list(N);
        self.iter().for_each(|item| item.write(to));
    }
}

impl<T: Read, const N: usize> Read for [T; N] {
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
        let list = T::read_list(from)?;
        Self::try_from(list).map_err(|_| Misfit::new(format!("a list of {N} is expected")))
    }
}

impl<T: Write> Write for BTreeSet<T> {
    fn write(&self, to: &mut Writer) {
        to.list(self.len());
        self.iter().for_each(|item| item.write(to));
    }
}

impl<T: Read + Ord> Read for BTreeSet<T> {
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
        Ok(T::read_list(from)?.into_iter().collect())
    }
}

impl<K: Write, V: Write> Write for BTreeMap<K, V> {
    fn write(&self, to: &mut Writer) {
        to.map(self.len());
        for (key, value) in self {
            key.write(to);
            value.write(to);
        }
    }
}

impl<K: Read + Ord, V: Read> Read for BTreeMap<K, V> {
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
        let mut map = Self::new();
        from.map(&mut |from, index| {
            let part = |what| move |misfit: Misfit| misfit.inside(&format!("[{what} {index}]"));
            let key = K::read(from).map_err(part("key"))?;
            map.insert(key, V::read(from).map_err(part("value"))?);
            Ok(())
        })?;
        Ok(map)
    }
}

impl<T: Write, E: Write> Write for Result<T, E> {
    fn write(&self, to: &mut Writer) {
        match self {
            Ok(value) => {
                to.variant("Ok");
                value.write(to);
            }
            Err(error) => {
                to.variant("Err");
                error.write(to);
            }
        }
    }
}

impl<T: Read, E: Read> Read for Result<T, E> {
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
        from.variant(|from, name, held| match (name, held) {
            ("Ok", true) => T::read(from).map(Ok),
            ("Err", true) => E::read(from).map(Err),
            _ => Err(Misfit::new("`Ok` or `Err` with a value is expected")),
        })
    }
}

macro_rules! tuples {
    ($(($count:literal $($part:ident $value:ident)+))+) => {
        $(impl<$($part: Write),+> Write for ($($part,)+) {
            fn write(&self, to: &mut Writer) {
                let ($($value,)+) = self;
                to.list($count);
                $($value.write(to);)+
            }
        }

        impl<$($part: Read),+> Read for ($($part,)+) {
            fn read(from: &mut Reader<'_>) -> Result<Self, Misfit> {
                $(let mut $value = None;)+
                from.list(&mut |from, index| {
                    let mut place = 0..;
                    $(if place.next() == Some(index) {
                        return from.field(&mut $value);
                    })+
                    Err(Misfit::new("there are too many"))
                })?;
                match ($($value,)+) {
                    ($(Some($value),)+) => Ok(($($value,)+)),
                    _ => Err(Misfit::new(concat!("a list of ", $count, " is expected"))),
                }
            }
        })+
    };
}

tuples! {
    (2 A a B b)
    (3 A a B b C c)
    (4 A a B b C c D d)
    (5 A a B b C c D d E e)
    (6 A a B b C c D d E e F f)
}
