//! The messages of rust-analyzer's proc-macro server: lines of JSON, one answer for each request.
//! Pure: lines in and out.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::flat::{FlatTree, Spans};
use crate::tree::{Span, Tree};

/// Versions of the protocol that this speaks. In 5 literals came to say what they are; of 6 only
/// rust-analyzer itself notices anything.
const VERSIONS: std::ops::RangeInclusive<u64> = 5..=6;

/// What a macro is, in the words of the protocol.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Kind {
    /// `name!(..)`
    #[serde(rename = "FuncLike", alias = "Bang")]
    Function,
    /// `#[name(..)]`
    #[serde(rename = "Attr")]
    Attribute,
    /// `#[derive(name)]`
    #[serde(rename = "CustomDerive")]
    Derive,
}

pub(crate) fn version_check() -> String {
    json!({ "ApiVersionCheck": {} }).to_string()
}

/// Checks the answer to [`version_check`].
pub(crate) fn check_version(line: &str) -> Result<()> {
    let answer = answer(line, "ApiVersionCheck")?;
    let version = answer.as_u64().context("a version is a number")?;
    ensure!(
        VERSIONS.contains(&version),
        "the proc-macro server speaks version {version} of its protocol, these tests {VERSIONS:?}\n\
         help: read what changed in `crates/proc-macro-api` of rust-analyzer, and teach `message.rs` \
         and `flat.rs`"
    );
    Ok(())
}

/// Asks for places of tokens as rust-analyzer has them; the server starts with mere numbers.
pub(crate) fn configure() -> String {
    json!({ "SetConfig": { "span_mode": "RustAnalyzer" } }).to_string()
}

/// Checks the answer to [`configure`].
pub(crate) fn check_configured(line: &str) -> Result<()> {
    let mode = answer(line, "SetConfig")?;
    ensure!(mode["span_mode"] == "RustAnalyzer", "the proc-macro server insists on {mode}");
    Ok(())
}

pub(crate) fn list(library: &str) -> String {
    json!({ "ListMacros": { "dylib_path": library } }).to_string()
}

/// The macros of a library, by name.
pub(crate) fn listed(line: &str) -> Result<BTreeMap<String, Kind>> {
    match outcome(answer(line, "ListMacros")?)? {
        Ok(list) => {
            let list: Vec<(String, Kind)> = serde_json::from_value(list)?;
            Ok(list.into_iter().collect())
        }
        Err(why) => bail!("the proc-macro server does not load the library: {why}"),
    }
}

/// A request to expand.
pub(crate) struct Expand<'a> {
    pub library: &'a str,
    pub name: &'a str,
    pub arguments: Option<&'a [Tree]>,
    pub input: &'a [Tree],
    /// Set while it expands.
    pub variables: &'a BTreeMap<String, String>,
    pub folder: Option<&'a Path>,
}

impl Expand<'_> {
    pub(crate) fn line(&self) -> String {
        let mut spans = Spans::default();
        let call = spans.number(Span::CALL);
        let mixed = spans.number(Span::MIXED);
        let body = FlatTree::write(self.input, &mut spans);
        let attributes = self.arguments.map(|trees| FlatTree::write(trees, &mut spans));
        let variables: Vec<_> = self.variables.iter().collect();
        json!({ "ExpandMacro": {
            "lib": self.library,
            "env": variables,
            "current_dir": self.folder,
            "macro_body": body,
            "macro_name": self.name,
            "attributes": attributes,
            // What is at the definition is as good as what is at the call: stable macros cannot ask.
            "has_global_spans": { "def_site": call, "call_site": call, "mixed_site": mixed },
            "span_data_table": spans.to_numbers(),
        } })
        .to_string()
    }
}

/// What a macro made of its input.
pub(crate) fn expanded(line: &str) -> Result<Vec<Tree>> {
    #[derive(Deserialize)]
    struct Expanded {
        tree: FlatTree,
        span_data_table: Vec<u32>,
    }
    match outcome(answer(line, "ExpandMacroExtended")?)? {
        Ok(made) => {
            let made: Expanded = serde_json::from_value(made)?;
            made.tree.read(&Spans::from_numbers(&made.span_data_table)?)
        }
        Err(why) => bail!("the macro panicked: {why}"),
    }
}

/// The content of an answer that must be of this kind.
fn answer(line: &str, kind: &str) -> Result<Value> {
    let mut answer: Value = serde_json::from_str(line)
        .with_context(|| format!("the proc-macro server says what is no JSON: {line}"))?;
    match answer.get_mut(kind) {
        Some(content) => Ok(content.take()),
        None => bail!("the proc-macro server was asked for {kind}, and answers {line}"),
    }
}

/// `{"Ok": ..}` or `{"Err": ".."}`.
fn outcome(mut answer: Value) -> Result<Result<Value, String>> {
    if let Some(fine) = answer.get_mut("Ok") {
        return Ok(Ok(fine.take()));
    }
    match answer.get("Err").and_then(Value::as_str) {
        Some(why) => Ok(Err(why.to_owned())),
        None => bail!("neither a result nor an error: {answer}"),
    }
}
