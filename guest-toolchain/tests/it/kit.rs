//! The prepared folder.

use std::cell::RefCell;

use guest_toolchain::build::Switches;
use guest_toolchain::kit::{self, Library};

use crate::checkout;

#[test]
fn is_made_once_and_found_afterwards() {
    let compiler = checkout::compiler();
    let switches = Switches { quiet: true, ..Switches::default() };
    kit::prepare(&compiler, Library::Plain, &switches, &|_, _| {})
        .unwrap_or_else(|error| panic!("{error}"));
    let said = RefCell::new(Vec::new());
    let say = |verb: &str, _: &str| said.borrow_mut().push(verb.to_owned());
    let kit = kit::prepare(&compiler, Library::Plain, &switches, &say).unwrap();
    assert!(kit.found && kit::is_ready(&compiler, Library::Plain) && said.borrow().is_empty());
    let flags = kit.rustflags(&compiler);
    let library = flags.iter().find_map(|flag| flag.strip_prefix("proc_macro=")).unwrap();
    assert!(std::path::Path::new(library).is_file(), "{library}");
}

#[test]
fn another_compiler_gets_another_folder() {
    let compiler = checkout::compiler();
    let mut other = compiler.clone();
    other.version.push_str("\nbuild: 2");
    assert_ne!(
        kit::place(&compiler, Library::Plain).unwrap(),
        kit::place(&other, Library::Plain).unwrap()
    );
}
