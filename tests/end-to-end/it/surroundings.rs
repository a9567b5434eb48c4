//! Crates of all kinds that use macros: nothing that Cell or a macro adds is refused there. One call
//! of clippy for all.

use anyhow::{Result, ensure};

use crate::guests::{build, ledger};
use crate::project::{Host, Project, workspace};
use crate::run::{run, turn};
use crate::twin::PATIENCE;
use crate::twin::said::Said;

/// A crate: name, edition, what else it depends on, and its root.
struct Crate {
    name: &'static str,
    edition: &'static str,
    sdk: &'static str,
    more: &'static str,
    root: &'static str,
}

/// Another name for `cell-sdk`, and a crate that hands it on.
const CRATES: &[Crate] = &[
    Crate { name: "no-std", edition: "2024", sdk: "cell-sdk", more: "", root: NO_STD },
    Crate { name: "no-std-2021", edition: "2021", sdk: "cell-sdk", more: "", root: NO_STD },
    Crate { name: "strict", edition: "2024", sdk: "cell-sdk", more: "", root: STRICT },
    Crate { name: "strict-2021", edition: "2021", sdk: "cell-sdk", more: "", root: STRICT },
    Crate { name: "renamed", edition: "2024", sdk: "kernel", more: "", root: RENAMED },
    Crate { name: "facade", edition: "2021", sdk: "cell-sdk", more: "", root: FACADE },
    Crate {
        name: "behind-facade",
        edition: "2024",
        sdk: "",
        more: "surroundings-facade = { path = \"../facade\" }",
        root: BEHIND_FACADE,
    },
    Crate { name: "maker", edition: "2021", sdk: "", more: "", root: MAKER },
    Crate {
        name: "made",
        edition: "2024",
        sdk: "cell-sdk",
        more: "surroundings-maker = { path = \"../maker\" }",
        root: MADE,
    },
    Crate {
        name: "made-2021",
        edition: "2021",
        sdk: "cell-sdk",
        more: "surroundings-maker = { path = \"../maker\" }",
        root: MADE,
    },
];

/// It has a panic handler, so `std` cannot be there, not even behind `cell-sdk`.
const NO_STD: &str = r#"//! Without `std`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unused, clippy::all)]
cell::cell_remote!(Twin = "twin");
cell::cell_remote!(Ledger = "ledger");
#[panic_handler]
fn panics(_: &core::panic::PanicInfo<'_>) -> ! { loop { core::hint::spin_loop(); } }
/// An item.
#[Twin::table(name = "items")]
#[derive(Clone, Twin::Model)]
pub struct Item {
    /// Its key.
    #[Twin::key] pub id: u64,
    /// Another.
    pub other: [u8; 4],
}
/// Of a stack.
#[Ledger::table(name = "rows")]
#[Twin::plant(nothing, call)]
#[derive(Clone)]
pub struct Row {
    /// Its key.
    #[Ledger::primary_key] pub id: u64,
}
Twin::functions! { /// One.
    #[must_use] pub fn one { 1 } }
/// A number.
pub const BITS: Twin::uint!(16) = Twin::tokens!(1 + 2);
"#;

const STRICT: &str = r#"//! With all that a crate may forbid.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations)]
#![deny(unused, unreachable_pub, unused_qualifications, unused_lifetimes, unused_results)]
#![deny(nonstandard_style, future_incompatible, rust_2018_idioms, let_underscore)]
#![deny(single_use_lifetimes, trivial_casts, trivial_numeric_casts, explicit_outlives_requirements)]
#![deny(unused_crate_dependencies, redundant_lifetimes, meta_variable_misuse)]
#![deny(clippy::all, clippy::pedantic)]
cell::cell_remote!(Twin = "twin");
cell::cell_remote!(Ledger = "ledger");
/// An item.
#[Twin::table(name = "items")]
#[derive(Clone, Debug, Twin::Model)]
pub struct Item<T: Clone> {
    /// Its key.
    #[Twin::key]
    pub id: T,
    /// Another.
    pub other: String,
}
/// Of a stack, spelled out.
#[cell::wasm(ledger::table(name = "rows"))]
#[cell::wasm(ledger::cache(capacity = 2))]
#[derive(Clone, Debug)]
pub struct Row {
    /// Its key.
    #[ledger::primary_key]
    pub id: u64,
    /// Another.
    pub owner: String,
}
/// A derive.
#[derive(Clone, Debug, Ledger::Model)]
pub struct Other {
    /// A field.
    pub id: u64,
    #[cell(skip)]
    private: Option<u8>,
}
impl Other {
    /// Makes one.
    #[must_use]
    #[Twin::traced]
    pub fn new(id: u64) -> Self {
        Self { id, private: None }
    }
    /// Reads one.
    #[Twin::same]
    #[must_use]
    pub fn private(&self) -> Option<u8> {
        self.private
    }
}
/// A query.
#[must_use]
pub fn query() -> &'static str {
    let statement = Ledger::query!("select id from rows where owner = ?");
    statement.sql
}
/// Pairs.
#[must_use]
pub fn pairs() -> usize {
    let all: [(&str, Vec<u8>); 1] = Twin::pairs!(a => 1);
    all.len()
}
"#;

const RENAMED: &str = r#"//! Where `cell-sdk` is `kernel`.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, clippy::all)]
kernel::cell_remote!(Twin = "twin", crate = ::kernel);
kernel::cell_remote!(Ledger = "ledger", crate = kernel);
kernel::track!();
/// Of a stack.
#[Ledger::table(name = "rows")]
#[Ledger::cache(capacity = 2)]
#[derive(Clone, Debug, Ledger::Model)]
pub struct Row {
    /// Its key.
    #[Ledger::primary_key]
    pub id: u64,
}
/// Of a stack, spelled out.
#[kernel::wasm(ledger::table(name = "others"), crate = ::kernel)]
#[kernel::wasm(ledger::cache(capacity = 2), crate = ::kernel)]
#[derive(Clone, Debug)]
pub struct Other {
    /// Its key.
    #[ledger::primary_key]
    pub id: u64,
}
/// A derive, spelled out.
#[kernel::wasm_derive(ledger::Model, crate = ::kernel)]
pub struct Third {
    /// A field.
    pub id: u64,
}
/// A query.
pub const QUERY: &str = Ledger::query!("select id from rows").sql;
/// The same.
pub const SAME: &str = kernel::expand!(ledger::query("select id from rows")).sql;
Twin::functions! { /// One.
    #[must_use] pub fn one { 1 } }
"#;

const FACADE: &str = r#"//! Hands `cell-sdk` on.
/// In a module.
pub mod inside { pub use cell as kernel; }
"#;

const BEHIND_FACADE: &str = r#"//! Where `cell-sdk` is part of another crate.
#![deny(warnings, clippy::all)]
use surroundings_facade::inside::kernel;
kernel::cell_remote!(Ledger = "ledger", crate = ::surroundings_facade::inside::kernel);
#[kernel::wasm(ledger::cache(capacity = 2), crate = ::surroundings_facade::inside::kernel)]
#[kernel::wasm(ledger::table(name = "others"), crate = ::surroundings_facade::inside::kernel)]
pub struct Other {
    #[ledger::primary_key]
    pub id: u64,
}
pub const QUERY: &str = Ledger::query!("select id from others").sql;
"#;

/// Macros by example that write uses of macros which only their caller has.
const MAKER: &str = r#"//! Writes uses of macros.
/// A table of anything.
#[macro_export]
macro_rules! table {
    (named $table:literal $capacity:literal; $vis:vis $name:ident $key:ident: $key_type:ty, $body:block) => {
        #[Ledger::table(name = $table)]
        #[Ledger::cache(capacity = $capacity)]
        #[derive(Clone, Debug, Ledger::Model)]
        $vis struct $name { #[Ledger::primary_key] $vis $key: $key_type, #[cell(skip)] $vis other: Option<$key_type> }
        impl $name {
            #[Twin::traced]
            #[must_use]
            $vis fn made() -> u64 $body
        }
    };
}
/// Pairs of anything.
#[macro_export]
macro_rules! pairs {
    ($($key:ident: $value:expr),*) => { Twin::pairs! { $($key => $value * 2),* } };
}
"#;

const MADE: &str = r#"//! Uses what another crate's macros write.
#![forbid(unsafe_code)]
#![deny(warnings, unused, clippy::all)]
cell::cell_remote!(Twin = "twin");
cell::cell_remote!(Ledger = "ledger");
surroundings_maker::table!(named "rows" 2; pub Row id: u64, { 1 + 2 });
surroundings_maker::table!(named "others" 3; pub(crate) Other id: std::primitive::u64, { 4 });
pub fn f() -> (u64, &'static str) { let other = Other { id: Other::made(), other: None }; (other.id + other.other.map_or(0, |x| x), Other::FIELDS[0]) }
pub fn pairs() -> [(&'static str, Vec<u8>); 2] { surroundings_maker::pairs!(a: 1 + 2, b: 3) }
"#;

#[test]
fn macros_work_in_crates_of_all_kinds() -> Result<()> {
    let project = Project::new("surroundings", Host::Embedded)?;
    let cells = format!(
        "[cells.ledger]\npath = {:?}\n[cells.twin]\npath = {:?}\n",
        ledger(),
        build("twin")?
    );
    project.lock_only(&cells, |_| true)?;
    project.write("src/lib.rs", "")?;
    for Crate { name, edition, sdk, more, root } in CRATES {
        let path = workspace().join("cell-sdk");
        // With a `package` the name of the library does not count.
        let package = if *sdk == "cell-sdk" { "" } else { "package = \"cell-sdk\", " };
        let sdk = match *sdk {
            "" => String::new(),
            sdk => format!(
                "{sdk} = {{ {package}path = {path:?}, default-features = false, \
                 features = [\"macros\", \"embedded\"] }}\n"
            ),
        };
        let manifest = format!(
            "[package]\nname = \"surroundings-{name}\"\nversion = \"0.1.0\"\nedition = \"{edition}\"\n\
             [dependencies]\n{sdk}{more}\n"
        );
        project.write(&format!("{name}/Cargo.toml"), manifest)?;
        project.write(&format!("{name}/src/lib.rs"), root)?;
    }
    let manifest = String::from_utf8(project.read("Cargo.toml")?)?;
    let members: Vec<_> = CRATES.iter().map(|one| one.name).collect();
    let listed = format!("[workspace]\nmembers = {members:?}\n");
    project.write("Cargo.toml", manifest.replacen("[workspace]\n", &listed, 1))?;
    let mut command = project.cargo_for(&["clippy", "--workspace", "--keep-going"])?;
    let ended = {
        let _turn = turn();
        run(&mut command, &project.root, PATIENCE)?
    };
    let mut said = String::new();
    for Crate { name, .. } in CRATES {
        let package = format!("surroundings-{name}");
        for text in Said::read(&ended, &package)?.all() {
            said.push_str(&format!("{package}: {text}\n"));
        }
    }
    ensure!(said.is_empty() && ended.code == Some(0), "{said}{}", ended.stderr);
    Ok(())
}
