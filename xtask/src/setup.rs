//! `xtask setup`: something that compiles guests, and what they are compiled against. Quick where
//! both are there already.

use anyhow::{Result, bail};
use guest_toolchain::TARGET;
use guest_toolchain::build::Switches;
use guest_toolchain::compiler::{Compiler, search};
use guest_toolchain::kit::{self, Library};

use crate::step;

/// The packages of Debian 12 with a compiler and the sources of its library.
const PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];

pub(crate) fn run() -> Result<()> {
    let compiler = match usable() {
        Some(compiler) => compiler,
        None => install()?,
    };
    step::say(
        "setup:",
        &format!("guests are compiled with {}, {}", compiler.id(), compiler.origin),
    );
    kit::prepare(&compiler, Library::Plain, &Switches::default(), &|verb, text| {
        step::say(verb, text)
    })?;
    Ok(())
}

fn install() -> Result<Compiler> {
    let machine = Machine {
        // Where this is 0, rustup may not download.
        rustup: has("rustup") && std::env::var("RUSTUP_AUTO_INSTALL").as_deref() != Ok("0"),
        apt: has("apt-get"),
        root: is_root(),
    };
    for way in ways(machine) {
        for words in way {
            let (program, arguments) = words.split_first().unwrap_or((&"", &[]));
            if step::run(&mut step::command(program, arguments)).is_err() {
                break;
            }
        }
        if let Some(compiler) = usable() {
            return Ok(compiler);
        }
    }
    bail!(
        "nothing on this machine compiles for {TARGET}, and it could not be installed\n\
         help: run `{}`, then this again",
        by_hand(machine)
    )
}

fn usable() -> Option<Compiler> {
    let explicit = std::env::var_os("CELL_GUEST_RUSTC").map(std::path::PathBuf::from);
    search(explicit.as_deref()).into_iter().find_map(|candidate| candidate.verdict.ok())
}

/// What this machine has that could install something.
#[derive(Clone, Copy, Debug)]
struct Machine {
    rustup: bool,
    apt: bool,
    root: bool,
}

/// What may be tried without asking, in order; each way is a list of commands.
fn ways(machine: Machine) -> Vec<Vec<Vec<&'static str>>> {
    let mut ways = Vec::new();
    if machine.rustup {
        ways.push(vec![vec!["rustup", "target", "add", TARGET]]);
    }
    if machine.apt && machine.root {
        let [compiler, source] = PACKAGES;
        ways.push(vec![
            vec!["apt-get", "update", "--quiet"],
            vec![
                "apt-get",
                "install",
                "--quiet",
                "--yes",
                "--no-install-recommends",
                compiler,
                source,
            ],
        ]);
    }
    ways
}

/// The one command for a person.
fn by_hand(machine: Machine) -> String {
    if machine.apt && !machine.rustup {
        return format!("sudo apt-get install --no-install-recommends {}", PACKAGES.join(" "));
    }
    format!("rustup target add {TARGET}")
}

fn has(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

fn is_root() -> bool {
    let output = std::process::Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installs_only_what_it_may() {
        let programs = |rustup, apt, root| {
            let ways = ways(Machine { rustup, apt, root });
            ways.iter().map(|way| way[0][0]).collect::<Vec<_>>()
        };
        assert_eq!(programs(true, true, true), ["rustup", "apt-get"]);
        assert_eq!(programs(false, true, true), ["apt-get"]);
        assert_eq!(programs(false, true, false), [""; 0]);
        assert_eq!(programs(true, false, false), ["rustup"]);
    }

    #[test]
    fn the_command_for_a_person_fits_the_machine() {
        let command = |rustup, apt| by_hand(Machine { rustup, apt, root: false });
        assert!(command(true, true).starts_with("rustup target add wasm32"));
        assert!(command(false, true).contains("apt-get install"));
        assert!(command(false, false).starts_with("rustup"));
    }
}
