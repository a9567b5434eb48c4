//! A request as a file: how rustc hands a missing expansion to the command line.

use super::{Allowed, Call, CallPermission, Limits, MacroKind, Place, Request};
use crate::digest::Digest;
use crate::outside::{self, Content, Outside};
use crate::sealed::{self, Damage};
use crate::table::Table;
use crate::text;

const FORMAT: &str = "cell-request 3";

/// Writes the file.
#[must_use]
pub fn encode(request: &Request) -> String {
    let mut bytes = |content: &Content| format!("\t{}", sealed::escape_bytes(content.bytes()));
    let mut out = format!("{FORMAT}\n{}", lines(request, &mut bytes));
    let table = request.table.encode(0..request.table.rows.len());
    out.push_str(&format!("table {}\n", sealed::escape_bytes(&table)));
    sealed::seal(out)
}

/// All lines but that of the table. `told` says what stands behind the path of a file that is there.
pub(super) fn lines(request: &Request, told: &mut dyn FnMut(&Content) -> String) -> String {
    let Request { form, table: _, calls, place } = request;
    let mut out = format!("form {}\n", form.word());
    let words = [&place.package, &place.krate].map(|word| sealed::escape(word));
    out.push_str(&format!("place {}\n", words.join("\t")));
    for call in calls {
        let Limits { fuel, memory, rows, bytes } = call.limits;
        out.push_str(&format!(
            "call {} {} {} {} {} {} {} {fuel} {memory} {rows} {bytes} {}\n",
            call.cell,
            call.name,
            call.kind.word(),
            call.component,
            call.arguments.start,
            call.arguments.end,
            call.wants,
            call.allowed.0
        ));
        out.push_str(&format!("profile {}\n", call.profile));
        call.needs.iter().for_each(|need| out.push_str(&format!("need {need}\n")));
        call.helpers.iter().for_each(|helper| out.push_str(&format!("helper {helper}\n")));
        for (word, permissions) in [("granted", &call.granted), ("asked", &call.asked)] {
            for CallPermission { cell, function } in permissions {
                out.push_str(&format!("{word} {cell}::{function}\n"));
            }
        }
        let Outside { variables, files } = &call.outside;
        for (name, value) in variables {
            match value {
                Some(value) => {
                    out.push_str(&format!("variable {name}\t{}\n", sealed::escape(value)));
                }
                None => out.push_str(&format!("variable {name}\n")),
            }
        }
        for (path, content) in files {
            let content = content.as_ref().map(&mut *told).unwrap_or_default();
            out.push_str(&format!("file {path}{content}\n"));
        }
    }
    out
}

/// What lines are added to.
pub(super) fn empty() -> Request {
    Request {
        form: MacroKind::Attribute,
        table: Table::default(),
        calls: Vec::new(),
        place: Place::default(),
    }
}

/// Reads the file.
///
/// # Errors
/// [`Damage`] if it is not a whole request.
pub fn decode(bytes: &[u8]) -> Result<Request, Damage> {
    let body = sealed::open(bytes, FORMAT)?;
    let mut request = empty();
    for (index, line) in body.lines().enumerate() {
        read(&mut request, line).ok_or(Damage::Line(index + 2))?;
    }
    // One way to write a request: no line twice, none missing, none in another place.
    if !request.is_whole() || encode(&request).as_bytes() != bytes {
        return Err(Damage::NotSealed);
    }
    Ok(request)
}

/// Reads a line of a file.
pub(super) fn read(request: &mut Request, line: &str) -> Option<()> {
    let (word, rest) = line.split_once(' ')?;
    match word {
        "form" => request.form = MacroKind::from_word(rest)?,
        "place" => {
            let words: Vec<_> = rest.split('\t').map(sealed::unescape).collect::<Option<_>>()?;
            let [package, krate] = <[String; 2]>::try_from(words).ok()?;
            request.place = Place { package, krate };
        }
        "call" => request.calls.push(read_call(rest)?),
        "profile" => request.calls.last_mut()?.profile = word_of(rest)?,
        "need" => request.calls.last_mut()?.needs.push(word_of(rest)?),
        "helper" => request.calls.last_mut()?.helpers.push(word_of(rest)?),
        "granted" | "asked" => {
            let (cell, function) = rest.split_once("::")?;
            let permission = CallPermission { cell: name(cell)?, function: word_of(function)? };
            let call = request.calls.last_mut()?;
            if word == "asked" { &mut call.asked } else { &mut call.granted }.push(permission);
        }
        "variable" => {
            let (name, value) = optional(rest);
            outside::is_variable(name).then_some(())?;
            let value = value.map(|value| sealed::unescape(value).ok_or(())).transpose().ok()?;
            request.calls.last_mut()?.outside.variables.push((name.to_owned(), value));
        }
        "file" => {
            let (path, bytes) = optional(rest);
            outside::is_file(path).then_some(())?;
            let bytes = bytes.map(|it| sealed::unescape_bytes(it).ok_or(())).transpose().ok()?;
            let content = bytes.map(Content::new);
            request.calls.last_mut()?.outside.files.push((path.to_owned(), content));
        }
        "table" => request.table = Table::decode(&sealed::unescape_bytes(rest)?).ok()?,
        _ => return None,
    }
    Some(())
}

/// A name, and what stands behind a tab if there is one.
fn optional(rest: &str) -> (&str, Option<&str>) {
    rest.split_once('\t').map_or((rest, None), |(name, value)| (name, Some(value)))
}

fn name(text: &str) -> Option<String> {
    text::is_name(text).then(|| text.to_owned())
}

fn word_of(text: &str) -> Option<String> {
    text::is_word(text).then(|| text.to_owned())
}

fn read_call(rest: &str) -> Option<Call> {
    let words: Vec<&str> = rest.split(' ').collect();
    let [cell, name, kind, component, start, end, wants, fuel, memory, rows, bytes, allowed] =
        <[&str; 12]>::try_from(words).ok()?;
    let number = |word: &str| word.parse::<u64>().ok();
    Some(Call {
        cell: self::name(cell)?,
        name: self::name(name)?,
        kind: MacroKind::from_word(kind)?,
        component: Digest::parse(component)?,
        arguments: start.parse().ok()?..end.parse().ok()?,
        wants: wants.parse().ok()?,
        needs: Vec::new(),
        helpers: Vec::new(),
        granted: Vec::new(),
        asked: Vec::new(),
        limits: Limits {
            fuel: number(fuel)?,
            memory: number(memory)?,
            rows: number(rows)?,
            bytes: number(bytes)?,
        },
        allowed: Allowed(allowed.parse().ok()?),
        profile: String::new(),
        outside: Outside::default(),
    })
}

#[cfg(test)]
mod tests;
