use thiserror::Error;
use std::{fmt, io, error::Error as StdError, backtrace::Backtrace};

#[derive(Error, Debug)]
#[error("plain")]
struct Plain;
#[derive(Error, Debug)]
#[error("{0} and {0:?} and {}", .0.len())]
struct Tuple(String);
#[derive(Error, Debug)]
#[error("{a} {b:>width$.3} {c:#?} {{}} {r#type}", width = 4)]
pub struct Named<'a, T: fmt::Debug> where T: Clone { a: &'a str, b: f64, c: T, r#type: u8 }
#[derive(Error, Debug)]
#[error(transparent)]
struct Transparent(#[from] io::Error);
#[derive(Error, Debug)]
#[error("source")]
struct Source { #[source] cause: io::Error, backtrace: Backtrace }
#[derive(Error, Debug)]
#[error("from {source}")]
struct From1 { #[from] source: Box<dyn StdError + Send + Sync + 'static>, #[backtrace] backtrace: Backtrace }
#[derive(Error, Debug)]
pub enum Many {
    #[error("io: {0}")] Io(#[from] io::Error),
    #[error("at {line}:{column}", line = .position.0, column = .position.1)] Syntax { position: (u8, u8) },
    #[error(transparent)] Other(#[from] anyhow::Error),
    #[error("first letter must be lowercase but was {:?}", first_char(.0))] Wrong(String),
    #[error("{}..={}", .range.start, .range.end)] Range { range: std::ops::Range<u8> },
    #[error(fmt = custom)] Custom(u8, String),
    #[error("{0:x} {0:#X} {1:e} {2:p} {3:o} {4:b}")] Formats(u8, f64, *const u8, u8, u8),
    #[error("opt")] Opt { #[source] source: Option<io::Error> },
}
fn custom(a: &u8, b: &str, f: &mut fmt::Formatter) -> fmt::Result { write!(f, "{a}{b}") }
#[derive(Error, Debug)]
#[error("default")]
enum Default { A, #[error("b")] B(u8), #[error("{0}")] C(String) }
#[derive(Error, Debug)]
#[error(fmt = whole)]
enum Whole<E: StdError> { A(E), B { source: E } }
#[derive(Error, Debug)]
#[error("{var} {0}", 1 + 2, var = "x".len())]
struct Expressions;
#[derive(Error, Debug)]
#[error(r#"raw "{0}""#)]
struct RawText(u8);
#[derive(Error, Debug)]
#[error("{}", if .0 > 1 { "a" } else { "b" })]
struct Branch(u8);
macro_rules! make { ($n:ident $m:literal $($t:tt)*) => { #[derive(Error, Debug)] #[error($m)] struct $n { $($t)* } } }
make!(Made "made {a}" a: u8);
make!(Made2 "made" );
#[derive(Error, Debug)]
enum Never {}

#[derive(Error, Debug)]
struct Missing;
#[derive(Error, Debug)]
#[error("{")]
struct Format1;
#[derive(Error, Debug)]
#[error("{missing} {9}")]
struct Format2 { a: u8 }
#[derive(Error, Debug)]
enum Partly { #[error("a")] A, B }
#[derive(Error, Debug)]
#[error("a")] #[error("b")]
struct Twice { #[source] #[source] a: io::Error, #[from] b: io::Error }
#[derive(Error, Debug)]
#[error(transparent)]
struct TooMany(u8, u8);
#[derive(Error, Debug)]
#[error("x", unknown = )]
union U { a: u8 }
#[derive(Error, Debug)]
#[error("lifetime")]
struct Lifetime<'a>(#[from] Inner<'a>);
