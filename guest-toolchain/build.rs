//! Puts the source of our guest-side `proc_macro` into the library: a compiler for guests needs it,
//! and who installs the command line has no checkout.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../macro-guest-sdk/proc-macro");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = vec!["Cargo.toml".into(), "Cargo.lock".into()];
    collect(&root, Path::new("src"), &mut files);
    collect(&root, Path::new("inside"), &mut files);
    files.retain(|file: &PathBuf| root.join(file).is_file());
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        let (name, path) = (file.to_str().expect("UTF-8"), root.join(&file));
        let _ = writeln!(list, "    ({name:?}, include_str!({path:?})),");
    }
    list.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("shim.rs"), list).expect("OUT_DIR can be written");
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}
