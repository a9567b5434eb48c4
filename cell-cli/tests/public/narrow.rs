//! `derive_more-impl` once more, as it is on a machine of 32 bits.
//!
//! Some of its derives iterate over a `HashSet` or `HashMap` of types. Its hasher has no random
//! keys, but what is hashed has lengths (`usize`) and discriminants (`isize`), so the order, and
//! with it that of bounds and impls, is one on 64 bits and another on 32: on wasm, as on an `i686`
//! machine. The copy feeds the hasher 32 bits for these, and nothing else about it is changed.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::scratch;

const HASHER: &str = "type Hasher = std::collections::hash_map::DefaultHasher;";

const NARROW: &str = "
#[derive(Default)]
pub struct Narrow(std::collections::hash_map::DefaultHasher);

impl std::hash::Hasher for Narrow {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }
    fn write_usize(&mut self, number: usize) {
        self.0.write_u32(number as u32);
    }
    fn write_isize(&mut self, number: isize) {
        self.0.write_i32(number as i32);
    }
    fn finish(&self) -> u64 {
        self.0.finish()
    }
}
";

/// Makes it from the copy without attributes, beside it in `crates`.
pub(crate) fn copy(crates: &Path) -> Result<()> {
    let (from, to) = (crates.join("derive_more-impl"), crates.join("derive_more-narrow"));
    for file in scratch::files(&from)? {
        let mut content = fs::read(from.join(&file))?;
        if file == Path::new("Cargo.toml") {
            content = replaced(content, "\"derive_more-impl\"", "\"derive_more-narrow\"")?;
            content = replaced(content, "\"derive_more_impl\"", "\"derive_more_narrow\"")?;
        } else if file == Path::new("src/utils.rs") {
            content = replaced(content, HASHER, "type Hasher = Narrow;")?;
            content.extend(NARROW.as_bytes());
        }
        scratch::write(&to.join(file), content)?;
    }
    Ok(())
}

fn replaced(content: Vec<u8>, from: &str, to: &str) -> Result<Vec<u8>> {
    let text = String::from_utf8(content)?;
    ensure!(text.matches(from).count() == 1, "`{from}` does not stand there once");
    Ok(text.replace(from, to).into_bytes())
}
