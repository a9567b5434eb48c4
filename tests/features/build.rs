//! Only here so that the build-dependencies are built.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
