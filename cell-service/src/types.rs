//! Types that can be sent, and how they say what they are.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use cell_model::schema::{Basic, Field, Method, Named, Schema, Type};

/// A type that can be an argument or a value of a service.
///
/// `#[protein]` on a struct or enum implements it; numbers, text, options, vectors, ordered sets and
/// maps, results and tuples have it. Two types of one schema must lie in memory in one way when they
/// are archived, since two sides compare their schemas alone: so boxes and hash maps, which lie
/// otherwise than what they stand for, have it not.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent to another process",
    label = "not a protein",
    note = "write `#[cell::protein]` on a type of yours; for one of another crate, a type of yours with what is to be sent of it"
)]
pub trait Protein: 'static {
    /// What it is, its name entered into `types` if it has one.
    fn schema(types: &mut Types) -> Type;
}

/// The named types of a schema while it is made.
#[derive(Default)]
pub struct Types {
    named: BTreeMap<String, Named>,
    /// Which type has which name: two types of one name get two.
    names: HashMap<TypeId, String>,
    secret: BTreeSet<String>,
}

impl Types {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A type with a name: `describe` says what is in it, once.
    pub fn named<T: 'static>(
        &mut self,
        name: &str,
        describe: impl FnOnce(&mut Self) -> Named,
    ) -> Type {
        let id = TypeId::of::<T>();
        if let Some(known) = self.names.get(&id) {
            return Type::Named(known.clone());
        }
        let taken: BTreeSet<&String> = self.names.values().collect();
        let words = Basic::ALL.iter().map(|basic| basic.word());
        let reserved = words.chain(["option", "list", "set", "map", "result", "array", "tuple"]);
        let mut free = name.to_owned();
        if reserved.into_iter().any(|word| word == name) {
            free.push('_');
        }
        // In the order in which the service names them, so it is the same in each build.
        let mut number = 2;
        while taken.contains(&free) {
            free = format!("{name}{number}");
            number += 1;
        }
        // Before its parts: a type may contain itself.
        self.names.insert(id, free.clone());
        let named = describe(self);
        self.named.insert(free.clone(), named);
        Type::Named(free)
    }

    /// As [`Types::named`], of a type that no macro is told a value of.
    pub fn secret<T: 'static>(
        &mut self,
        name: &str,
        describe: impl FnOnce(&mut Self) -> Named,
    ) -> Type {
        let ty = self.named::<T>(name, describe);
        if let Type::Named(name) = &ty {
            self.secret.insert(name.clone());
        }
        ty
    }

    /// The schema of a service with these methods.
    #[must_use]
    pub fn service<'a>(
        self,
        service: &str,
        methods: impl IntoIterator<Item = (&'a str, Method)>,
    ) -> Schema {
        let methods = methods.into_iter().map(|(name, method)| (name.to_owned(), method));
        let (service, methods) = (service.to_owned(), methods.collect());
        Schema { service, methods, types: self.named, secret: self.secret }
    }
}

/// A field of type `T`. An option may always be missing.
pub fn field<T: Protein>(types: &mut Types, name: &str, default: bool) -> Field {
    let ty = T::schema(types);
    let default = default || matches!(ty, Type::Option(_));
    Field { name: name.to_owned(), ty, default }
}

macro_rules! basic {
    ($($ty:ty => $basic:ident)+) => {
        $(impl Protein for $ty {
            fn schema(_: &mut Types) -> Type {
                Type::Basic(Basic::$basic)
            }
        })+
    };
}

basic! {
    () => Unit
    bool => Bool
    u8 => U8
    u16 => U16
    u32 => U32
    u64 => U64
    u128 => U128
    i8 => I8
    i16 => I16
    i32 => I32
    i64 => I64
    i128 => I128
    f32 => F32
    f64 => F64
    char => Char
    String => String
}

impl<T: Protein> Protein for Option<T> {
    fn schema(types: &mut Types) -> Type {
        Type::Option(Box::new(T::schema(types)))
    }
}

impl<T: Protein> Protein for Vec<T> {
    fn schema(types: &mut Types) -> Type {
        Type::List(Box::new(T::schema(types)))
    }
}

impl<T: Protein> Protein for BTreeSet<T> {
    fn schema(types: &mut Types) -> Type {
        Type::Set(Box::new(T::schema(types)))
    }
}

impl<K: Protein, V: Protein> Protein for BTreeMap<K, V> {
    fn schema(types: &mut Types) -> Type {
        Type::Map(Box::new(K::schema(types)), Box::new(V::schema(types)))
    }
}

impl<T: Protein, E: Protein> Protein for Result<T, E> {
    fn schema(types: &mut Types) -> Type {
        Type::Result(Box::new(T::schema(types)), Box::new(E::schema(types)))
    }
}

impl<T: Protein, const N: usize> Protein for [T; N] {
    fn schema(types: &mut Types) -> Type {
        Type::Array(Box::new(T::schema(types)), N as u32)
    }
}

macro_rules! tuples {
    ($(($($part:ident)+))+) => {
        $(impl<$($part: Protein),+> Protein for ($($part,)+) {
            fn schema(types: &mut Types) -> Type {
                Type::Tuple(vec![$($part::schema(types)),+])
            }
        })+
    };
}

tuples! {
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E F)
}
