//! The names of a module's functions, as people read them, and no other words for people.
//!
//! They are there so that a trap can say in which function it happened. As the compiler writes them
//! they are a fifth of a component: with hashes, and with names for what belongs to the language.
//! What tools say of themselves, and how the parts of a component are called, nobody is shown.

use anyhow::Result;
use wasm_encoder::{Component, Module, NameMap, NameSection, RawSection};
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// What a trap never names: the standard library, and glue around exports.
const NOT_SAID: [&str; 8] =
    ["core::", "alloc::", "std::", "<core::", "<alloc::", "<std::", "cabi_post_", "__rust"];

/// What tools say of themselves and of the processor that they expect.
const OF_TOOLS: [&str; 2] = ["producers", "target_features"];

/// The same module with short names of functions, and no other names.
///
/// # Errors
/// If these bytes are no module.
pub(super) fn shortened(module: &[u8]) -> Result<Vec<u8>> {
    let mut made = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::CustomSection(section) = &payload
            && let KnownCustom::Name(names) = section.as_known()
        {
            let mut functions = NameMap::new();
            for subsection in names {
                let Name::Function(named) = subsection? else { continue };
                for function in named {
                    let function = function?;
                    if let Some(name) = short(function.name) {
                        functions.append(function.index, &name);
                    }
                }
            }
            let mut names = NameSection::new();
            names.functions(&functions);
            made.section(&names);
        } else if matches!(&payload, Payload::CustomSection(s) if OF_TOOLS.contains(&s.name())) {
            continue;
        } else if let Some((id, range)) = payload.as_section() {
            made.section(&RawSection { id, data: &module[range] });
        }
    }
    Ok(made.finish())
}

/// The same component without sections of its own that only say something about it. Its modules
/// stay as they are.
///
/// # Errors
/// If these bytes are no component.
pub(super) fn bare(component: &[u8]) -> Result<Vec<u8>> {
    let mut made = Component::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        let is_custom = matches!(&payload, Payload::CustomSection(_));
        if depth == 0
            && !is_custom
            && let Some((id, range)) = payload.as_section()
        {
            made.section(&RawSection { id, data: &component[range] });
        }
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            // The last one is that of the component.
            Payload::End(_) => depth -= 1,
            _ => {}
        }
    }
    Ok(made.finish())
}

/// `ledger::table::table` for `_ZN6ledger5table5table17h0123456789abcdefE`.
fn short(name: &str) -> Option<String> {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    let own = !NOT_SAID.iter().any(|prefix| name.starts_with(prefix));
    own.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = r#"(module $whole
        (func $_ZN6ledger5table5table17h0123456789abcdefE (local $i i32) (call $core::fmt::write))
        (func $core::fmt::write)
        (func $in_c (export "run"))
        (@custom "producers" "gone")
        (@custom "other" "kept"))"#;

    fn names(module: &[u8]) -> Vec<(u32, String)> {
        let mut found = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            let Payload::CustomSection(section) = payload.unwrap() else { continue };
            let KnownCustom::Name(names) = section.as_known() else { continue };
            for subsection in names {
                let Name::Function(named) = subsection.unwrap() else { panic!("other names") };
                let named = named.into_iter().map(Result::unwrap);
                found.extend(named.map(|function| (function.index, function.name.to_owned())));
            }
        }
        found
    }

    #[test]
    fn names_are_short_and_of_what_the_author_wrote() {
        let module = wat::parse_str(MODULE).unwrap();
        let made = shortened(&module).unwrap();
        assert_eq!(names(&made), [(0, "ledger::table::table".into()), (2, "in_c".into())]);
    }

    #[test]
    fn all_else_stays() {
        let module = wat::parse_str(MODULE).unwrap();
        let sections = |module: &[u8]| -> Vec<(u8, Vec<u8>)> {
            let payloads = Parser::new(0).parse_all(module).map(Result::unwrap);
            let gone = ["name", "producers"];
            let is_name = |payload: &Payload<'_>| matches!(payload, Payload::CustomSection(s) if gone.contains(&s.name()));
            let sections = payloads.filter(|payload| !is_name(payload));
            sections
                .filter_map(|p| p.as_section().map(|(id, r)| (id, module[r].to_vec())))
                .collect()
        };
        let made = shortened(&module).unwrap();
        wasmparser::validate(&made).unwrap();
        assert_eq!(sections(&made), sections(&module));
    }

    #[test]
    fn a_component_says_nothing_of_itself_and_its_modules_what_they_did() {
        let text = r#"(component $named
            (@custom "producers" "gone")
            (core module $inner (func $f) (export "f" (func $f)) (@custom "other" "kept"))
            (component (@custom "other" "kept"))
            (core instance $made (instantiate $inner))
            (func $run (canon lift (core func $made "f")))
            (export "run" (func $run)))"#;
        let component = wat::parse_str(text).unwrap();
        let made = bare(&component).unwrap();
        wasmparser::validate(&made).unwrap();
        let customs = |bytes: &[u8]| -> Vec<String> {
            let payloads = Parser::new(0).parse_all(bytes).map(Result::unwrap);
            let name = |payload| match payload {
                Payload::CustomSection(section) => Some(section.name().to_owned()),
                _ => None,
            };
            payloads.filter_map(name).collect()
        };
        assert_eq!(customs(&made), ["other", "name", "other"]);
        assert!(customs(&component).contains(&"component-name".to_owned()));
        assert_eq!(bare(&made).unwrap(), made);
    }

    #[test]
    fn what_is_no_module_is_an_error() {
        assert!(shortened(b"\0asm").is_err());
        assert!(bare(b"\0asm").is_err());
    }
}
