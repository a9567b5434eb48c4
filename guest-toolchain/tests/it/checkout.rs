//! A small project with a guest, and a dependency beside its workspace as `macro-guest-sdk` is.

use std::path::{Path, PathBuf};

use guest_toolchain::build::Switches;
use guest_toolchain::compiler::{self, Compiler};
use guest_toolchain::kit::{self, Library};
use guest_toolchain::{build, packages};

const FILES: [(&str, &str); 6] = [
    (
        "sdk/Cargo.toml",
        "[package]\nname = \"sdk\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n",
    ),
    (
        "sdk/src/lib.rs",
        "//! Panics name places, generics are instantiated where they are used.\n\
         pub fn pick<T: Copy>(list: &[T], at: usize) -> T { assert!(at < list.len(), \"{}\", file!()); list[at] }\n\
         #[inline(never)]\n\
         pub fn words(at: usize) -> String { let list = [\"a\", \"b\"]; pick(&list, at).to_owned() }\n",
    ),
    ("guests/Cargo.toml", "[workspace]\nmembers = [\"one\"]\nresolver = \"3\"\n"),
    (
        "guests/Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"one\"\nversion = \"0.1.0\"\ndependencies = [\n \"sdk\",\n]\n\n\
         [[package]]\nname = \"sdk\"\nversion = \"0.1.0\"\n",
    ),
    (
        "guests/one/Cargo.toml",
        "[package]\nname = \"one\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [lib]\ncrate-type = [\"cdylib\"]\n[package.metadata.cell]\n\
         [dependencies]\nsdk = { path = \"../../sdk\" }\n",
    ),
    (
        "guests/one/src/lib.rs",
        "extern crate proc_macro;\n\
         #[unsafe(no_mangle)]\n\
         pub extern \"C\" fn run(at: usize) -> usize {\n\
             let tokens: proc_macro::TokenStream = sdk::words(at).parse().unwrap();\n\
             let more = sdk::pick(&[1u64, 2, 3], at) as usize;\n\
             tokens.into_iter().count() + more\n\
         }\n",
    ),
];

/// Writes the project into `root`.
pub(crate) fn write(root: &Path) {
    for (name, text) in FILES {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

pub(crate) fn compiler() -> Compiler {
    compiler::choose(None).unwrap_or_else(|error| panic!("{error}"))
}

/// Builds the guest in `root`; returns its module.
pub(crate) fn build_in(root: &Path) -> Vec<u8> {
    let switches = Switches { locked: true, quiet: true, ..Switches::default() };
    let compiler = compiler();
    let kit = kit::prepare(&compiler, Library::Plain, &switches, &|_, _| {})
        .unwrap_or_else(|e| panic!("{e}"));
    let workspace = packages::workspace(&root.join("guests/Cargo.toml")).unwrap();
    let guests: Vec<_> = workspace.guests.iter().collect();
    let target: PathBuf = root.join("a target");
    let built = build::build(&compiler, &kit, &workspace, &guests, Some(&target), &switches);
    let modules = built.unwrap_or_else(|error| panic!("{error}"));
    std::fs::read(&modules["one"]).unwrap()
}
