//! A request as bytes that are made and read quickly: how rustc asks the macro server.
//!
//! The lines of [`super::file`] but for what would be escaped there, after their length in four bytes,
//! the least first; then the bytes of the files, whose lines say how many there are, and the table as
//! [`Table::encode`] has it.

use super::{Request, file};
use crate::outside::{self, Content};
use crate::table::Table;

/// Writes the bytes.
#[must_use]
pub fn encode(request: &Request) -> Vec<u8> {
    let mut files = Vec::new();
    let mut length = |content: &Content| {
        files.extend_from_slice(content.bytes());
        format!(" {}", content.bytes().len())
    };
    let lines = file::lines(request, &mut length);
    let table = request.table.encode(0..request.table.rows.len());
    let mut out = Vec::with_capacity(4 + lines.len() + files.len() + table.len());
    out.extend_from_slice(&(lines.len() as u32).to_le_bytes());
    out.extend_from_slice(lines.as_bytes());
    out.extend_from_slice(&files);
    out.extend_from_slice(&table);
    out
}

/// Reads [`encode`]'s bytes. `None` if they are not a request.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Request> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (lines, mut rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let mut request = file::empty();
    for line in std::str::from_utf8(lines).ok()?.split_terminator('\n') {
        let Some((path, length)) = file_there(line) else {
            file::read(&mut request, line)?;
            continue;
        };
        let (bytes, behind) = rest.split_at_checked(length.parse().ok()?)?;
        rest = behind;
        outside::is_file(path).then_some(())?;
        let content = Content::new(bytes.to_vec());
        request.calls.last_mut()?.outside.files.push((path.to_owned(), Some(content)));
    }
    request.table = Table::decode(rest).ok()?;
    request.is_whole().then_some(request)
}

/// Path and length, if the line is about a file that is there.
fn file_there(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("file ")?.split_once(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::strategy::{request, request_of};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_request_reads_back(request in request()) {
            prop_assert_eq!(decode(&encode(&request)), Some(request));
        }

        #[test]
        fn anything_can_be_read(bytes: Vec<u8>, length: u8) {
            let _ = decode(&bytes);
            let _ = decode(&[&[length, 0, 0, 0][..], &bytes].concat());
        }
    }

    #[test]
    fn arguments_that_are_not_whole_tokens_are_refused() {
        let good = request_of(&[("ledger::cache", "seconds = (5)")], "struct A { b : u8 }");
        assert!(decode(&encode(&good)).is_some());
        for (arguments, why) in [(0..3, "cuts a group"), (1..4, "begins late"), (0..90, "too long")]
        {
            let mut bad = good.clone();
            bad.calls[0].arguments = arguments;
            assert_eq!(decode(&encode(&bad)), None, "{why}");
        }
        let none = Request { calls: Vec::new(), ..good };
        assert_eq!(decode(&encode(&none)), None);
    }
}
