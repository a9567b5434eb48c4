//! What a service can be asked, and in what types: the contract between a cell and its clients.
//!
//! A schema is a value, a canonical text, and the hash of that text. Two sides with one hash can
//! exchange archived data; others need an encoding with names, and schemas of which one has only
//! been added to ([`compatible`]).
//!
//! ```text
//! cell-schema 1
//! service Ledger
//! method open(owner: string) -> result<u64, Refused>
//! method entries(account: u64) -> stream Entry
//! method tables() -> list<string> at compile time
//!
//! struct Entry
//!   amount: i64
//!   note: option<string> or default
//!
//! enum Refused
//!   NoSuchAccount(u64)
//!   Overdraft with
//!     missing: u64
//!   Other or default
//!
//! secret type Password = string
//! ```
//!
//! A secret type is read and written as any other. What a macro is told ends in files that people
//! commit, so no method that macros may ask takes or returns one ([`Schema::exposed`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sha2::{Digest as _, Sha256};

pub mod compatible;
mod reach;
mod read;
mod write;

pub use reach::Exposed;
pub use read::{ReadError, read};

/// Bytes of a name.
pub const NAME: usize = 128;
/// How deep types may nest, without the names in them.
pub const DEPTH: usize = 32;
/// Bytes of the largest text that is read.
pub const TEXT: usize = 1 << 20;

/// All of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The service's name, as in Rust.
    pub service: String,
    /// Its methods. Their order means nothing.
    pub methods: BTreeMap<String, Method>,
    /// The types that its methods name, and that these name. Their order means nothing.
    pub types: BTreeMap<String, Named>,
    /// Those of them whose values are never told to a macro.
    pub secret: BTreeSet<String>,
}

/// One method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// What it takes, in order.
    pub arguments: Vec<Field>,
    /// What comes back.
    pub returns: Type,
    /// Any number of `returns`, one after the other?
    pub streams: bool,
    /// May macros ask it? Its author says: it changes nothing, and gives the same for the same
    /// state.
    pub compile_time: bool,
}

/// A name with a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As in Rust, without `r#`.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// May it be missing? Then a reader takes its type's default.
    pub default: bool,
}

/// A type with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// Named fields, in order.
    Struct(Vec<Field>),
    /// A type of its own around another one.
    Wrapper(Type),
    /// One of several, in order.
    Enum(Vec<Variant>),
}

/// One alternative of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// As in Rust.
    pub name: String,
    /// What it holds.
    pub content: Content,
    /// Do readers take it for what they do not know? Then variants can be added.
    pub default: bool,
}

/// What a variant holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Unit,
    /// Values in order.
    Tuple(Vec<Type>),
    /// Named values, in order.
    Struct(Vec<Field>),
}

/// A type where it is used.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// `()`, a number, text or bytes.
    Basic(Basic),
    /// One of [`Schema::types`].
    Named(String),
    /// One or none.
    Option(Box<Type>),
    /// Any number, in order.
    List(Box<Type>),
    /// Any number, each once.
    Set(Box<Type>),
    /// Values by keys.
    Map(Box<Type>, Box<Type>),
    /// A value, or an error of the service.
    Result(Box<Type>, Box<Type>),
    /// So many of one type.
    Array(Box<Type>, u32),
    /// Several, in order; two at least.
    Tuple(Vec<Type>),
}

macro_rules! basic {
    ($($name:ident $word:literal)+) => {
        /// A type without parts. The words are those of the text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the names say it")]
        pub enum Basic {
            $($name,)+
        }

        impl Basic {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its word in the text.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

basic! {
    Unit "unit"
    Bool "bool"
    U8 "u8"
    U16 "u16"
    U32 "u32"
    U64 "u64"
    U128 "u128"
    I8 "i8"
    I16 "i16"
    I32 "i32"
    I64 "i64"
    I128 "i128"
    F32 "f32"
    F64 "f64"
    Char "char"
    String "string"
    Bytes "bytes"
}

/// SHA-256 of a schema's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaHash([u8; 32]);

impl SchemaHash {
    /// No schema.
    pub const NONE: Self = Self([0; 32]);

    /// A hash that was computed elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for SchemaHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Schema {
    /// The hash of its text.
    #[must_use]
    pub fn hash(&self) -> SchemaHash {
        SchemaHash(Sha256::digest(self.to_string()).into())
    }
}

/// The number of a method on the wire: 32 bits of FNV-1a over its name, so that no order has to be
/// kept, and every language can compute it. Two names of one service with one number are refused
/// where the service is written, and where a schema is read.
#[must_use]
pub const fn method_number(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let mut hash = 0x811c_9dc5_u32;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}

/// Is this a name of a service, method, type, field or variant? ASCII: names are in file names and
/// in other languages. Without the words that Rust cannot write even as `r#word`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    if matches!(text, "self" | "Self" | "super" | "crate" | "_") {
        return false;
    }
    let mut bytes = text.bytes();
    let starts = bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
    starts && text.len() <= NAME && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
pub(crate) mod strategy;
#[cfg(test)]
mod tests;
