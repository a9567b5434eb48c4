//! A recorded expansion as a file: readable in a diff, one token a line, sealed with a sum.
//!
//! ```text
//! cell-expansion 2
//! key 9f2c...
//! macros ledger::table
//! answer search 41be... 07aa...
//! warning 20 20 a table without a primary key
//! plan ledger table accounts CREATE TABLE ...
//! tokens
//! =56 4            four tokens of the input, from handle 56 on
//! iimpl            an identifier with the span call-site
//! i24 Account      an identifier with the span of input row 2
//! {11              a group with eleven rows in it
//! sum ...
//! ```

use std::fmt::Write as _;

use super::{
    AnswerUsed, Artifact, Attempt, Diagnostic, Expansion, Level, Note, Output, PlanEntry,
    Suggestion,
};
use crate::digest::Digest;
use crate::sealed::{self, Damage};
use crate::table::{SpanOp, Token, kind};
use crate::text;

const FORMAT: &str = "cell-expansion 2";

/// Marks of token lines, by delimiter for groups.
const GROUPS: [char; 4] = ['(', '{', '[', 'n'];

/// Writes the file. `title` is for people ([`crate::request::Request::title`]).
#[must_use]
pub fn encode(key: &Digest, title: &str, expansion: &Expansion) -> String {
    let mut out = format!("{FORMAT}\nkey {key}\nmacros {}\n", sealed::escape(title));
    encode_facts(&mut out, expansion);
    out.push_str("tokens\n");
    for token in &expansion.output.rows {
        encode_token(&mut out, &expansion.output.text, token);
    }
    sealed::seal(out)
}

/// Writes everything but the tokens, one thing a line.
pub(super) fn encode_facts(out: &mut String, expansion: &Expansion) {
    for AnswerUsed { cell, key, digest } in &expansion.answers {
        let _ = writeln!(out, "answer {cell} {key} {digest}");
    }
    for diagnostic in &expansion.diagnostics {
        encode_diagnostic(out, diagnostic);
    }
    for PlanEntry { cell, kind, name, body } in &expansion.plan {
        let words = [cell, kind, name, body].map(|word| sealed::escape(word));
        let _ = writeln!(out, "plan {}", words.join("\t"));
    }
    for Artifact { cell, name, body } in &expansion.artifacts {
        let body = sealed::escape_bytes(body);
        let _ =
            writeln!(out, "artifact {}\t{}\t{body}", sealed::escape(cell), sealed::escape(name));
    }
    for Attempt { cell, what, detail } in &expansion.attempts {
        let words = [cell, what, detail].map(|word| sealed::escape(word));
        let _ = writeln!(out, "attempt {}", words.join("\t"));
    }
    for SpanOp { op, a, b } in &expansion.output.spans {
        let _ = writeln!(out, "span {op} {a} {b}");
    }
}

fn encode_diagnostic(out: &mut String, diagnostic: &Diagnostic) {
    let Diagnostic { level, message, start, end, notes, suggestions } = diagnostic;
    let word = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note-at",
        Level::Help => "help-at",
    };
    let _ = writeln!(out, "{word} {start} {end} {}", sealed::escape(message));
    for Note { help, message } in notes {
        let word = if *help { "help" } else { "note" };
        let _ = writeln!(out, "{word} {}", sealed::escape(message));
    }
    for Suggestion { message, start, end, replacement } in suggestions {
        let (message, replacement) = (sealed::escape(message), sealed::escape(replacement));
        let _ = writeln!(out, "suggest {start} {end} {message}\t{replacement}");
    }
}

fn encode_token(out: &mut String, text: &str, token: &Token) {
    let Token { kind, sub, span, a, b } = *token;
    let word = text.get(a as usize..(a as usize).saturating_add(b as usize)).unwrap_or("");
    let at = if span == 0 { String::new() } else { span.to_string() };
    // Texts with a space or a line break are literals; identifiers need no escape.
    let _ = match kind {
        kind::IDENT if sub == 0 => writeln!(out, "i{at} {word}"),
        kind::IDENT => writeln!(out, "r{at} {word}"),
        kind::LITERAL => writeln!(out, "l{at} {}", sealed::escape(word)),
        kind::PUNCT => {
            let mark = if sub == 0 { 'p' } else { 'j' };
            writeln!(out, "{mark}{at} {}", char::from_u32(a).unwrap_or('?'))
        }
        kind::RANGE => writeln!(out, "={span} {a}"),
        kind::RESPAN => writeln!(out, "${at} {a}"),
        _ => writeln!(out, "{}{at} {a}", GROUPS[usize::from(sub & 3)]),
    };
}

/// Reads the file. The tokens are not checked: use [`crate::output::check`].
///
/// # Errors
/// [`Damage`], also if the file is about another key than `key`.
pub fn decode(bytes: &[u8], key: &Digest) -> Result<Expansion, Damage> {
    let body = sealed::open(bytes, FORMAT)?;
    let mut expansion = Expansion::default();
    // The first line is the format.
    let mut number = 1;
    let mut rest = body;
    let mut keyed = false;
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        number += 1;
        if line == "tokens" {
            break;
        }
        match line.strip_prefix("key ") {
            Some(found) if Digest::parse(found) == Some(*key) => keyed = true,
            Some(_) => return Err(Damage::Line(number)),
            None => decode_fact(&mut expansion, line).ok_or(Damage::Line(number))?,
        }
    }
    if !keyed {
        return Err(Damage::NotSealed);
    }
    let output = &mut expansion.output;
    // A token line has some six bytes; one that is too short is found below.
    output.rows.reserve(rest.len() / 6);
    let mut at = 0;
    while at < rest.len() {
        number += 1;
        at = decode_token(output, rest, at).ok_or(Damage::Line(number))?;
    }
    Ok(expansion)
}

/// The fields of a line, if there are `N`.
fn fields<const N: usize>(line: &str, separator: char) -> Option<[&str; N]> {
    let mut words = line.split(separator);
    let mut out = [""; N];
    for place in &mut out {
        *place = words.next()?;
    }
    words.next().is_none().then_some(out)
}

/// Reads a line of [`encode_facts`].
pub(super) fn decode_fact(expansion: &mut Expansion, line: &str) -> Option<()> {
    let (word, rest) = line.split_once(' ')?;
    match word {
        "macros" => {}
        "answer" => {
            let [cell, key, digest] = fields(rest, ' ')?;
            // It becomes part of a path.
            text::is_name(cell).then_some(())?;
            expansion.answers.push(AnswerUsed {
                cell: cell.to_owned(),
                key: Digest::parse(key)?,
                digest: Digest::parse(digest)?,
            });
        }
        "error" | "warning" | "note-at" | "help-at" => {
            let (start, rest) = rest.split_once(' ')?;
            let (end, message) = rest.split_once(' ')?;
            expansion.diagnostics.push(Diagnostic {
                level: match word {
                    "error" => Level::Error,
                    "warning" => Level::Warning,
                    "note-at" => Level::Note,
                    _ => Level::Help,
                },
                message: sealed::unescape(message)?,
                start: start.parse().ok()?,
                end: end.parse().ok()?,
                notes: Vec::new(),
                suggestions: Vec::new(),
            });
        }
        "note" | "help" => {
            let note = Note { help: word == "help", message: sealed::unescape(rest)? };
            expansion.diagnostics.last_mut()?.notes.push(note);
        }
        "suggest" => {
            let (start, rest) = rest.split_once(' ')?;
            let (end, rest) = rest.split_once(' ')?;
            let [message, replacement] = fields(rest, '\t')?;
            expansion.diagnostics.last_mut()?.suggestions.push(Suggestion {
                message: sealed::unescape(message)?,
                start: start.parse().ok()?,
                end: end.parse().ok()?,
                replacement: sealed::unescape(replacement)?,
            });
        }
        "plan" => {
            let [cell, kind, name, body] = fields(rest, '\t')?.map(sealed::unescape);
            expansion.plan.push(PlanEntry { cell: cell?, kind: kind?, name: name?, body: body? });
        }
        "artifact" => {
            let [cell, name, body] = fields(rest, '\t')?;
            expansion.artifacts.push(Artifact {
                cell: sealed::unescape(cell)?,
                name: sealed::unescape(name)?,
                body: sealed::unescape_bytes(body)?,
            });
        }
        "attempt" => {
            let [cell, what, detail] = fields(rest, '\t')?.map(sealed::unescape);
            expansion.attempts.push(Attempt { cell: cell?, what: what?, detail: detail? });
        }
        "span" => {
            let [op, a, b] = fields(rest, ' ')?;
            expansion.output.spans.push(SpanOp {
                op: op.parse().ok()?,
                a: a.parse().ok()?,
                b: b.parse().ok()?,
            });
        }
        _ => return None,
    }
    Some(())
}

/// Reads the token line at byte `at` and says where the next one begins.
///
/// There are hundreds of these in a file, and most hosts are not optimised: so each byte is looked
/// at once, in plain loops, and the line is never cut into parts.
fn decode_token(output: &mut Output, text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mark = *bytes.get(at)?;
    let (span, at) = number(bytes, at + 1)?;
    if *bytes.get(at)? != b' ' {
        return None;
    }
    let start = at + 1;
    if matches!(mark, b'i' | b'r' | b'l') {
        let mut end = start;
        let mut escaped = false;
        while end < bytes.len() && bytes[end] != b'\n' {
            escaped |= bytes[end] == b'\\';
            end += 1;
        }
        let word = text.get(start..end)?;
        let a = u32::try_from(output.text.len()).ok()?;
        match mark {
            b'l' if escaped => output.text.push_str(&sealed::unescape(word)?),
            _ => output.text.push_str(word),
        }
        let b = u32::try_from(output.text.len()).ok()? - a;
        let kind = if mark == b'l' { kind::LITERAL } else { kind::IDENT };
        output.rows.push(Token { kind, sub: u8::from(mark == b'r'), span, a, b });
        return Some(end + 1);
    }
    let (kind, sub, a, end) = match mark {
        b'p' | b'j' => {
            let ch = text.get(start..)?.chars().next()?;
            (kind::PUNCT, u8::from(mark == b'j'), ch as u32, start + ch.len_utf8())
        }
        _ => {
            let (value, end) = number(bytes, start)?;
            let (kind, sub) = match mark {
                b'=' => (kind::RANGE, 0),
                b'$' => (kind::RESPAN, 0),
                b'(' => (kind::GROUP, 0),
                b'{' => (kind::GROUP, 1),
                b'[' => (kind::GROUP, 2),
                b'n' => (kind::GROUP, 3),
                _ => return None,
            };
            (end > start).then_some((kind, sub, value, end))?
        }
    };
    if end < bytes.len() && bytes[end] != b'\n' {
        return None;
    }
    output.rows.push(Token { kind, sub, span, a, b: 0 });
    Some(end + 1)
}

/// The decimal number at byte `at`, 0 if there is no digit, and where it ends.
fn number(bytes: &[u8], mut at: usize) -> Option<(u32, usize)> {
    let mut value = 0u64;
    while at < bytes.len() && bytes[at].is_ascii_digit() {
        value = value * 10 + u64::from(bytes[at] - b'0');
        if value > 0xffff_ffff {
            return None;
        }
        at += 1;
    }
    Some((value as u32, at))
}

#[cfg(test)]
pub(crate) mod tests;
