//! A component that describes two macros of one name. `component!` refuses it, so it is written on
//! the raw contract, and exists only as a component.
#![forbid(unsafe_code)]
#![cfg(target_arch = "wasm32")]

use macro_guest_sdk::bindings::exports::cell::macros::expander::{
    Context, Expansion, Fact, Guest, Input, MacroInfo, Planned,
};

struct Component;

impl Guest for Component {
    fn describe() -> Vec<MacroInfo> {
        let info = || MacroInfo {
            name: "twin".into(),
            kind: 2,
            doc: String::new(),
            helpers: Vec::new(),
            needs: Vec::new(),
            context: 0,
            calls: Vec::new(),
        };
        vec![info(), info()]
    }

    fn plan(_name: String, _input: Input, _context: Context) -> Planned {
        unreachable!("refused before it runs")
    }

    fn expand(_name: String, _input: Input, _context: Context, _facts: Vec<Fact>) -> Expansion {
        unreachable!("refused before it runs")
    }
}

macro_guest_sdk::bindings::export!(Component with_types_in macro_guest_sdk::bindings);
