//! How bytes and types are shown in texts: short, and without what could be taken for words of ours.

use super::read::{Piece, Reader};
use crate::schema::Type;

/// Characters of a text or a type that are shown.
pub(super) const SHOWN: usize = 60;

/// What comes next, as a text shows it.
pub(super) fn next(reader: Reader<'_>) -> String {
    let mut reader = reader;
    reader.next().map_or_else(|_| "nothing".to_owned(), |piece| piece_shown(&piece))
}

pub(super) fn piece_shown(piece: &Piece<'_>) -> String {
    match piece {
        Piece::Nil => "nil".to_owned(),
        Piece::Bool(value) => value.to_string(),
        Piece::Integer(number) => number.to_string(),
        Piece::F32(number) => format!("{number:?}"),
        Piece::F64(number) => format!("{number:?}"),
        Piece::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => format!("\"{}\"", cut(text, SHOWN).escape_debug()),
            Err(_) => "a text that is not UTF-8".to_owned(),
        },
        Piece::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Piece::List(count) => format!("a list of {count}"),
        Piece::Map(count) => format!("a map of {count}"),
        Piece::Extension => "an extension type".to_owned(),
    }
}

pub(super) fn type_shown(ty: &Type) -> String {
    cut(&ty.to_string(), SHOWN)
}

/// A name that somebody else chose, in quotes.
pub(super) fn shown(name: &[u8]) -> String {
    format!("`{}`", cut(&String::from_utf8_lossy(name), SHOWN).escape_debug())
}

pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}
