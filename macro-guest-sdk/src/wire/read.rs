//! Bytes to values. The bytes come from a cell or from a record: whatever they are, there is a value
//! or a [`Misfit`].

use std::fmt;

/// Reads all of `bytes` as one value. What is not known in a map of named fields is skipped.
///
/// # Errors
/// [`Misfit`] if they are anything else, or something follows.
pub fn read<T: Read>(bytes: &[u8]) -> Result<T, Misfit> {
    let mut from = Reader::new(bytes);
    let value = T::read(&mut from)?;
    from.finish()?;
    Ok(value)
}

/// A type that a cell can answer with.
#[diagnostic::on_unimplemented(
    message = "a cell cannot answer with `{Self}`",
    note = "ask for a type that `macro_guest_sdk::questions!` makes, or one that a schema can say"
)]
pub trait Read: Sized {
    /// Reads one value.
    ///
    /// # Errors
    /// [`Misfit`] if the next bytes are something else.
    fn read(from: &mut Reader<'_>) -> Result<Self, Misfit>;

    /// Reads a list of them; what a schema calls `list<u8>` is bytes.
    #[doc(hidden)]
    fn read_list(from: &mut Reader<'_>) -> Result<Vec<Self>, Misfit> {
        let mut list = Vec::new();
        // No room is made before the values are there: a length costs its sender nothing.
        from.list(&mut |from, _| {
            list.push(Self::read(from)?);
            Ok(())
        })?;
        Ok(list)
    }
}

/// How deep values may nest, as cells have it.
const DEPTH: u8 = 128;

/// What bytes are that are no value of the expected type, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Such as `columns[2].name`; empty for the value itself.
    place: String,
    problem: String,
}

impl Misfit {
    /// A problem with the value that is being read.
    pub fn new(problem: impl Into<String>) -> Self {
        Self { place: String::new(), problem: problem.into() }
    }

    /// The same, seen from around the value: `part` is the name of a field or variant, or `[index]`.
    #[must_use]
    pub fn inside(mut self, part: &str) -> Self {
        let dot = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place.insert_str(0, dot);
        self.place.insert_str(0, part);
        self
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "`{}`: ", self.place)?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Misfit {}

/// What is left of an answer.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    /// How much deeper values may nest.
    depth: u8,
}

/// What stands next: its head was read, its content was not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Head {
    Nil,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(usize),
    Bytes(usize),
    List(usize),
    Map(usize),
    Extension(usize),
}

impl Head {
    fn name(self) -> &'static str {
        match self {
            Self::Nil => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a fraction",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Extension(_) => "an extension of MessagePack",
        }
    }
}

/// Reads one part of a value. Behind a pointer, so that the loops are in a component once.
type One<'f, 'a, K> = &'f mut dyn FnMut(&mut Reader<'a>, K) -> Result<(), Misfit>;

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, depth: DEPTH }
    }

    pub(crate) fn finish(&self) -> Result<(), Misfit> {
        let end = self.rest.is_empty();
        if end { Ok(()) } else { Err(Misfit::new("something follows the value")) }
    }

    /// Is nothing next? Then it is taken.
    pub fn nil(&mut self) -> bool {
        let nil = self.rest.first() == Some(&0xc0);
        if nil {
            self.rest = &self.rest[1..];
        }
        nil
    }

    /// A text.
    ///
    /// # Errors
    /// If something else is next, or it is not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, Misfit> {
        match self.head()? {
            Head::Text(length) => {
                let bytes = self.take(length)?;
                std::str::from_utf8(bytes).map_err(|_| Misfit::new("a text that is not UTF-8"))
            }
            other => Err(expected("a text", other)),
        }
    }

    /// A list: `one` reads each value, and is told its index.
    ///
    /// # Errors
    /// If something else is next; those of `one`, with the index.
    pub fn list(&mut self, one: One<'_, 'a, usize>) -> Result<(), Misfit> {
        match self.head()? {
            Head::List(length) => self.nested(|from| {
                (0..length).try_for_each(|index| {
                    one(from, index).map_err(|misfit| misfit.inside(&format!("[{index}]")))
                })
            }),
            other => Err(expected("a list", other)),
        }
    }

    /// A map: `one` reads a key and its value, and is told the index of the pair.
    ///
    /// # Errors
    /// If something else is next; those of `one`.
    pub fn map(&mut self, one: One<'_, 'a, usize>) -> Result<(), Misfit> {
        match self.head()? {
            Head::Map(length) => {
                self.nested(|from| (0..length).try_for_each(|index| one(from, index)))
            }
            other => Err(expected("a map", other)),
        }
    }

    /// A map of named fields: `one` is told the name and reads the value.
    ///
    /// # Errors
    /// If something else is next; those of `one`, with the name.
    pub fn fields(&mut self, one: One<'_, 'a, &'a str>) -> Result<(), Misfit> {
        self.map(&mut |from, _| {
            let name = from.text()?;
            one(from, name).map_err(|misfit| misfit.inside(name))
        })
    }

    /// The value of a field, which stands in a map once.
    ///
    /// # Errors
    /// If something else is next, or `value` is there already.
    pub fn field<T: Read>(&mut self, value: &mut Option<T>) -> Result<(), Misfit> {
        match value.replace(T::read(self)?) {
            None => Ok(()),
            Some(_) => Err(Misfit::new("it is there twice")),
        }
    }

    /// A variant: `one` is told its name, and whether it holds something, which it reads then.
    ///
    /// # Errors
    /// If something else is next; those of `one`, with the name.
    pub fn variant<T>(
        &mut self,
        one: impl FnOnce(&mut Self, &'a str, bool) -> Result<T, Misfit>,
    ) -> Result<T, Misfit> {
        let mut ahead = self.clone();
        let held = match ahead.head()? {
            Head::Text(_) => false,
            Head::Map(1) => {
                *self = ahead;
                true
            }
            other => return Err(expected("a variant", other)),
        };
        let name = self.text()?;
        // Nothing nests without lists and maps, so these alone are counted.
        one(self, name, held).map_err(|misfit| misfit.inside(name))
    }

    /// What a variant without content holds.
    ///
    /// # Errors
    /// If it is not nothing.
    pub fn unit(&mut self, held: bool) -> Result<(), Misfit> {
        if !held || self.nil() { Ok(()) } else { Err(expected("nothing", self.head()?)) }
    }

    /// Skips what a variant holds that is not known.
    ///
    /// # Errors
    /// If the bytes end before it does.
    pub fn skip_held(&mut self, held: bool) -> Result<(), Misfit> {
        if held { self.skip() } else { Ok(()) }
    }

    /// Skips one value.
    ///
    /// # Errors
    /// If the bytes end before it does.
    pub fn skip(&mut self) -> Result<(), Misfit> {
        // Each value has a byte, so this ends with the bytes, whatever lengths they say.
        let mut values: u64 = 1;
        while values > 0 {
            values -= 1;
            match self.head()? {
                Head::Text(length) | Head::Bytes(length) | Head::Extension(length) => {
                    self.take(length)?;
                }
                Head::List(length) => values = values.saturating_add(length as u64),
                Head::Map(length) => values = values.saturating_add(2 * length as u64),
                Head::Nil | Head::Bool(_) | Head::Integer(_) | Head::Float(_) => {}
            }
        }
        Ok(())
    }

    /// Reads what is inside of a value.
    fn nested<T>(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<T, Misfit>,
    ) -> Result<T, Misfit> {
        let deeper = self.depth.checked_sub(1);
        self.depth = deeper.ok_or_else(|| Misfit::new("it nests too deep"))?;
        let value = inside(self)?;
        self.depth += 1;
        Ok(value)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Misfit> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(cut)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A big-endian number of some bytes.
    fn number(&mut self, bytes: usize) -> Result<u64, Misfit> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    pub(crate) fn head(&mut self) -> Result<Head, Misfit> {
        let mark = self.number(1)? as u8;
        // Lengths and numbers of 8, 16, 32 and 64 bits have marks that follow each other.
        let mut number = |first: u8| self.number(1 << (mark - first));
        Ok(match mark {
            0x00..=0x7f => Head::Integer(mark.into()),
            0x80..=0x8f => Head::Map((mark & 0xf).into()),
            0x90..=0x9f => Head::List((mark & 0xf).into()),
            0xa0..=0xbf => Head::Text((mark & 0x1f).into()),
            0xc0 => Head::Nil,
            0xc2 | 0xc3 => Head::Bool(mark == 0xc3),
            0xc4..=0xc6 => Head::Bytes(number(0xc4)? as usize),
            // What says the extension's type is one byte more.
            0xc7..=0xc9 => Head::Extension((number(0xc7)? as usize).saturating_add(1)),
            0xca => Head::Float(f32::from_bits(self.number(4)? as u32).into()),
            0xcb => Head::Float(f64::from_bits(self.number(8)?)),
            0xcc..=0xcf => Head::Integer(number(0xcc)?.into()),
            0xd0..=0xd3 => {
                let unused = 64 - (8 << (mark - 0xd0));
                Head::Integer(((number(0xd0)? << unused) as i64 >> unused).into())
            }
            0xd4..=0xd8 => Head::Extension((1 << (mark - 0xd4)) + 1),
            0xd9..=0xdb => Head::Text(number(0xd9)? as usize),
            0xdc | 0xdd => Head::List(number(0xdb)? as usize),
            0xde | 0xdf => Head::Map(number(0xdd)? as usize),
            0xc1 => return Err(Misfit::new("a byte that means nothing")),
            0xe0..=0xff => Head::Integer((mark as i8).into()),
        })
    }
}

/// The value of a field that has to be there.
///
/// # Errors
/// If it is not.
pub fn required<T>(name: &str, value: Option<T>) -> Result<T, Misfit> {
    value.ok_or_else(|| Misfit::new("it is missing").inside(name))
}

/// The value of a field that may be missing.
pub fn or_default<T: Default>(value: Option<T>) -> T {
    value.unwrap_or_default()
}

#[cold]
pub(crate) fn expected(what: &str, found: Head) -> Misfit {
    Misfit::new(format!("{what} is expected, found {}", found.name()))
}

#[cold]
fn cut() -> Misfit {
    Misfit::new("the bytes end too early")
}
