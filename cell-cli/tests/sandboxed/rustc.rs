//! What rustc makes of a file, and what it says of it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::crates::Crate;
use crate::inputs::{Input, alias, library_name};
use crate::workspace::{Made, Side};

/// One file, expanded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// All tokens, with the hygiene of each name; blanks count for nothing.
    pub(crate) tokens: String,
    /// Warnings and errors, with places.
    pub(crate) messages: String,
    /// Which macros were expanded, in order.
    pub(crate) expanded: Vec<String>,
}

/// Expands a file with the macros of one side.
pub(crate) fn expand(side: &Side, krate: Crate, input: &Input) -> Result<Said> {
    let library = side.libraries.get(krate.name).context("a crate was built")?;
    let facade = side.libraries.get(krate.facade).unwrap_or(library);
    let mut command = command(side, &input.folder);
    command
        .arg(&input.file)
        .args(["--edition", &input.edition, "--crate-name", "input", "--crate-type", "lib"])
        .args(input.test.then_some("--test"))
        .args(["-Zunpretty=expanded,hygiene", "--extern"])
        .arg(format!("{}={}", library_name(&library.file)?, library.file.display()));
    let other = alias(krate);
    if other != library_name(&library.file)? {
        command.arg("--extern").arg(format!("{other}={}", facade.file.display()));
    }
    let output = command.output().context("rustc could not be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (tokens, marks) = text.split_once("\n/*\nExpansions:\n").unwrap_or((&text, ""));
    Ok(Said {
        tokens: plain(&documented(tokens)),
        messages: said(&String::from_utf8_lossy(&output.stderr)),
        expanded: expanded(marks),
    })
}

/// What rustc says. `proc-macro-crate` prints as well, which nobody sees of a component.
fn said(text: &str) -> String {
    let printed = |line: &str| {
        line.starts_with("Warning: Could not find `") || line.starts_with("    => defaulting")
    };
    text.lines().filter(|line| !printed(line)).fold(String::new(), |all, line| all + line + "\n")
}

/// rustc in a folder, with the macros of one side.
pub(crate) fn command(side: &Side, folder: &Path) -> Command {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command
        .current_dir(folder)
        .args(["--color", "never", "-L"])
        .arg(format!("dependency={}", side.target.join("debug/deps").display()));
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CELL_BIN", env!("CARGO_BIN_EXE_cell"))
        .env("CELL_HOME", side.folder.with_file_name("home"))
        .env("CARGO_MANIFEST_DIR", folder)
        .envs([
            ("CARGO_CRATE_NAME", "input"),
            ("CARGO_PKG_NAME", "inputs"),
            ("CARGO_PKG_VERSION", "1.2.3"),
            ("CARGO_PKG_VERSION_MAJOR", "1"),
            ("CARGO_PKG_AUTHORS", "One:Two"),
            ("CARGO_PKG_DESCRIPTION", "Inputs of macros"),
            ("CARGO_PKG_HOMEPAGE", ""),
            ("CARGO_PKG_REPOSITORY", ""),
        ]);
    command
}

/// Numbers of names are as they happened to be met, and break lines here or there: gone, and so are
/// blanks. Which context a name belongs to stays: `x#7`.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        let Some((mark, behind)) = after.split_once("*/") else { break };
        let context = mark.trim().split_once('#').filter(|(number, context)| {
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            digits(number) && digits(context)
        });
        out.push_str(before);
        match context {
            Some((_, context)) => out.extend(["#", context]),
            None => out.extend(["/*", mark, "*/"]),
        }
        rest = behind;
    }
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All documentation as `///`. A macro that takes an item apart and puts it together again makes attributes
/// of the user's comments; with a component they stay the comments that they were, if nothing of them was
/// changed.
fn documented(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let attribute = rest.find("#[doc").map(|at| (at, true));
        let block = rest.find("/**").map(|at| (at, false));
        let Some((at, is_attribute)) = attribute.into_iter().chain(block).min() else { break };
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let found = if is_attribute { doc_attribute(from) } else { doc_block(from) };
        match found {
            Some((text, behind)) => {
                out.extend(["///", &text, "\n"]);
                rest = behind;
            }
            None => {
                let (word, behind) = from.split_at(3);
                out.push_str(word);
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

/// `#[doc /* 0#0 */ = " text"]`
fn doc_attribute(from: &str) -> Option<(String, &str)> {
    let mut rest = from.strip_prefix("#[doc")?.trim_start();
    if let Some(mark) = rest.strip_prefix("/*") {
        rest = mark.split_once("*/")?.1.trim_start();
    }
    let literal = rest.strip_prefix('=')?.trim_start();
    let end = literal.find("\"]")? + 1;
    let text: syn::LitStr = syn::parse_str(literal.get(..end)?).ok()?;
    Some((text.value(), literal.get(end + 1..)?))
}

/// `/** text */`
fn doc_block(from: &str) -> Option<(String, &str)> {
    let (text, rest) = from.strip_prefix("/**")?.split_once("*/")?;
    Some((text.to_owned(), rest))
}

/// `crate0::{{expn2}}: parent: .., kind: Macro(Derive, "serde::Serialize")`
fn expanded(marks: &str) -> Vec<String> {
    let own = marks.lines().filter(|line| line.starts_with("crate0::"));
    let names = own.filter_map(|line| line.split_once("kind: Macro(")?.1.split('"').nth(1));
    names.map(str::to_owned).collect()
}

impl Said {
    /// How often macros of the crate were expanded: not those that were not found.
    pub(crate) fn calls(&self, made: &Made) -> usize {
        let mut calls = 0_usize;
        for name in &self.expanded {
            let last = name.rsplit("::").next().unwrap_or_default();
            calls += usize::from(made.macros.iter().any(|(one, _)| one == last));
        }
        let lost = self.messages.lines().filter(|line| {
            line.starts_with("error") && line.contains("cannot find") && {
                let name = line.split('`').nth(1).unwrap_or_default();
                (line.contains("macro") || line.contains("attribute"))
                    && made.macros.iter().any(|(one, _)| one == name)
            }
        });
        calls.saturating_sub(lost.count())
    }

    /// Lines at which a macro of a crate itself panicked. What happens then is different on purpose: the
    /// item stays, and the error has our words.
    pub(crate) fn panics(&self) -> Vec<usize> {
        let mut lines = self.messages.lines();
        let mut found = Vec::new();
        while let Some(line) = lines.next() {
            if line.starts_with("error: ") && line.ends_with("panicked") {
                let place: Option<usize> =
                    lines.next().and_then(|place| place.rsplit(':').nth(1)?.parse().ok());
                found.extend(place);
            }
        }
        found
    }

    /// Where the other differs first.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let between = |ours: &str, theirs: &str| {
            let mut at = ours.bytes().zip(theirs.bytes()).take_while(|(a, b)| a == b).count();
            while !ours.is_char_boundary(at) || !theirs.is_char_boundary(at) {
                at -= 1;
            }
            let part = |text: &str| {
                let from = (0..=at.saturating_sub(150)).rev().find(|at| text.is_char_boundary(*at));
                text[from.unwrap_or(0)..].chars().take(400).collect::<String>()
            };
            format!("native: ..{}\nsandboxed: ..{}", part(ours), part(theirs))
        };
        if self.tokens != other.tokens {
            return Some(format!("tokens:\n{}", between(&self.tokens, &other.tokens)));
        }
        if self.messages != other.messages {
            return Some(format!("messages:\n{}", between(&self.messages, &other.messages)));
        }
        None
    }
}

#[test]
fn only_contexts_are_left_of_what_rustc_notes() {
    let text = "struct A /* 12#0 */ {\n    x\n    /*\n    4#31\n    */: B, // x\n} /* a#b */";
    assert_eq!(plain(text), "struct A #0 { x #31: B, // x } /* a#b */");
}

#[test]
fn documentation_is_the_same_however_it_is_written() {
    let written = "/// it's \"a\"\n/** b\n c */ #[doc(hidden)] struct A;";
    let made =
        "#[doc /* 0#0 */ = \" it\\'s \\\"a\\\"\"] #[doc = \" b\\n c \"] #[doc(hidden)] struct A;";
    assert_eq!(plain(&documented(made)), plain(&documented(written)));
}
