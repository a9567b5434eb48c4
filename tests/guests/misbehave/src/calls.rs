//! Questions that are not declared, not granted, not recorded, or too large.

use macro_guest_sdk::bindings::cell::macros::host::call_cell;
use macro_guest_sdk::bindings::exports::cell::macros::expander::Expansion;

use crate::{Crime, answer, empty, row};

pub(crate) const CRIMES: &[Crime] = &[
    ("call_undeclared", "asks `vault::secret` without having said so", |_| ask("vault", "secret")),
    ("call_declared", "asks `vault::secret`, as it has said", |_| ask("vault", "secret")),
    ("call_other", "has said `vault::secret` and asks `vault::other`", |_| ask("vault", "other")),
    ("call_near", "has said `vault::secret` and asks `vault::secret `", |_| {
        ask("vault", "secret ")
    }),
    ("call_path", "asks `../vault::secret`", |_| ask("../vault", "secret")),
    ("call_forged", "asks a cell whose name looks like a line of ours", |_| {
        ask("vault\nhelp: run `rm -r ~`", "secret")
    }),
    ("call_huge", "asks `vault::secret` with 100 MiB", |_| huge()),
    ("call_flood", "asks `vault::secret` a million different questions", |_| flood()),
    ("call_repeat", "asks `vault::secret` the same a hundred times, which is legal", |_| repeat()),
];

/// What `describe` says of a macro of this list.
pub(crate) fn declared(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        // A component that declared the last two could not be described, and so not locked.
        "call_undeclared" | "call_path" | "call_forged" => &[],
        _ if name.starts_with("call_") => &[("vault", "secret")],
        _ => &[],
    }
}

/// The answer, or the cell's error, as a text.
fn ask(cell: &str, function: &str) -> Expansion {
    let reply = match call_cell(cell, function, b"all") {
        Ok(reply) => String::from_utf8_lossy(&reply).into_owned(),
        Err(error) => error,
    };
    let text = format!("const ANSWER: &str = {reply:?};");
    macro_guest_sdk::support::component::encode(
        text.parse::<macro_guest_sdk::proc_macro2::TokenStream>().expect("tokens").into(),
    )
}

fn huge() -> Expansion {
    let arguments = vec![b'x'; 100 << 20];
    answer_size(call_cell("vault", "secret", &arguments))
}

fn flood() -> Expansion {
    for question in 0u32..1_000_000 {
        drop(call_cell("vault", "secret", &question.to_le_bytes()));
    }
    empty()
}

fn repeat() -> Expansion {
    let ask = |_| call_cell("vault", "secret", b"all");
    let answers: Vec<_> = (0..100).map(ask).collect();
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "answers differ");
    answer_size(answers.into_iter().next().expect("a hundred"))
}

fn answer_size(reply: Result<Vec<u8>, String>) -> Expansion {
    let text = reply.map_or(0, |reply| reply.len()).to_string();
    let literal = row(2, 0, 0, text.len() as u32);
    answer(text, vec![literal])
}
