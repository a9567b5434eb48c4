//! A case as the host asks for it, and what the engine says.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, BufWriter, Stdin, Stdout, stdin, stdout};

use anyhow::{Context as _, Result};
use macro_bridge::answer::Question;
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{self, Expansion};
use macro_bridge::outside::Outside;
use macro_bridge::policy;
use macro_bridge::request::{
    Allowed, Call, CallPermission, Limits, MacroKind, Place, Request, compact,
};
use native_macro_guest_sdk::support::Kind;
use proc_macro2::TokenStream;

use crate::cases::{Called, Case, Guest};
use crate::{pipe, places};

/// The engine at the other end of the pipe.
pub(crate) struct Engine {
    digests: BTreeMap<&'static str, Digest>,
    from: BufReader<Stdin>,
    to: BufWriter<Stdout>,
}

/// What the engine said.
pub(crate) struct Told {
    /// The expansion, or code and message of the failure.
    pub(crate) result: Result<Expansion, (String, String)>,
    /// What the macros asked.
    pub(crate) asked: Vec<Question>,
}

impl Engine {
    pub(crate) fn new() -> Result<Self> {
        let mut digests = BTreeMap::new();
        for guest in Guest::ALL {
            let path = format!("guests/components/{}.wasm", guest.cell());
            let bytes = fs::read(cell_tests::workspace().join(&path)).context(path)?;
            digests.insert(guest.cell(), Digest::of(&bytes));
        }
        Ok(Self { digests, from: BufReader::new(stdin()), to: BufWriter::new(stdout()) })
    }

    /// The request for a case. Everything is allowed: what natively is the user's token by its place
    /// is in a component the token itself.
    pub(crate) fn request(
        &self,
        case: &Case,
        arguments: &[TokenStream],
        item: &TokenStream,
    ) -> Request {
        let mut end = 0;
        let mut calls = Vec::new();
        for (called, tokens) in case.calls.iter().zip(arguments) {
            let start = end;
            end += places::table([tokens]).rows.len();
            calls.push(self.call(called, start..end, case.profile));
        }
        let form = calls.first().map_or(MacroKind::Function, |call: &Call| call.kind);
        let table = places::table(arguments.iter().chain([item]));
        Request { form, table, calls, place: Place::default() }
    }

    fn call(&self, called: &Called, arguments: std::ops::Range<usize>, profile: &str) -> Call {
        let info = called.native.info;
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        let permission = |(cell, function): &(&str, &str)| CallPermission {
            cell: (*cell).to_owned(),
            function: (*function).to_owned(),
        };
        let calls: Vec<_> = info.calls.iter().map(permission).collect();
        let allowed = policy::all_words().filter_map(policy::bit).fold(0, |all, bit| all | bit);
        Call {
            cell: called.cell.to_owned(),
            name: info.name.to_owned(),
            kind: match info.kind {
                Kind::Attribute => MacroKind::Attribute,
                Kind::Derive => MacroKind::Derive,
                Kind::Function => MacroKind::Function,
            },
            component: self.digests[called.cell],
            arguments,
            wants: info.context,
            needs: owned(info.needs),
            helpers: owned(info.helpers),
            granted: calls.clone(),
            asked: calls,
            limits: Limits::default(),
            allowed: Allowed(allowed),
            profile: profile.to_owned(),
            outside: Outside::default(),
        }
    }

    /// Has a request expanded, with an answer for all that is asked.
    pub(crate) fn expand(
        &mut self,
        request: &Request,
        answer: &Result<Vec<u8>, String>,
    ) -> Result<Told> {
        let answer = match answer {
            Ok(reply) => [b"reply", reply.as_slice()],
            Err(error) => [b"error", error.as_bytes()],
        };
        pipe::send(&mut self.to, &[&compact::encode(request), answer[0], answer[1]])?;
        let told = pipe::receive(&mut self.from)?.context("the engine is gone")?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let [code, said, questions @ ..] = told.as_slice() else {
            anyhow::bail!("the engine says too little");
        };
        let result = match code.as_slice() {
            b"" => Ok(expansion::compact::decode(said).context("no expansion")?),
            code => Err((text(code), text(said))),
        };
        let question = |parts: &[Vec<u8>]| Question {
            cell: text(&parts[0]),
            function: text(&parts[1]),
            arguments: parts[2].clone(),
        };
        Ok(Told { result, asked: questions.chunks_exact(3).map(question).collect() })
    }
}
