//! The same number of sqlx's `query!`, which a PostgreSQL checks while the crate is compiled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::SITES;
use super::database::{Database, is_setting};
use super::sites::count;
use super::source::{self, Package};
use crate::bench::builds::SQLX;
use crate::bench::measure::{self, Took, said, timed};
use crate::step;

/// How the statements are compiled. `advised` is with the profile that sqlx's documents recommend.
pub(super) const WAYS: [&str; 6] =
    ["plain", "online", "offline", "plain-advised", "online-advised", "offline-advised"];
const ADVICE: &str = "[profile.dev.package.sqlx-macros]\nopt-level = 3\n";
/// What `cargo sqlx prepare` has the macros write, in the folder where they look for it.
const PREPARED: &str = "queries/.sqlx";

/// Two workspaces, which differ in their profile, and the database.
pub(super) struct Queries {
    root: PathBuf,
    database: Database,
}

impl Queries {
    pub(super) fn prepare(root: &Path) -> Result<Self> {
        let queries = Self { root: root.to_owned(), database: Database::start()? };
        let packages = || {
            [
                Package { name: "plain", dependency: SQLX, source: source::no_queries(SITES) },
                Package { name: "queries", dependency: SQLX, source: source::queries(SITES) },
            ]
        };
        for (name, profile) in [("usual", ""), ("advised", ADVICE)] {
            let folder = root.join(name);
            source::write(&folder, &packages(), profile, "benches/peers/Cargo.lock")?;
            step::say("   ..", &format!("dependencies of the queries: {name}"));
            said(&mut measure::cargo(&folder, &["fetch", "--quiet"]))?;
            let prepared = folder.join(PREPARED);
            fs::create_dir_all(&prepared)?;
            let way = if profile.is_empty() { "online" } else { "online-advised" };
            said(queries.command(way).env("SQLX_OFFLINE_DIR", &prepared))?;
            let found = count(&prepared);
            ensure!(found == SITES, "sqlx has prepared {found} of {SITES} queries");
        }
        for way in WAYS {
            queries.check(way)?;
        }
        Ok(queries)
    }

    /// The server's.
    pub(super) fn version(&self) -> f64 {
        self.database.version
    }

    /// `cargo check` of one package whose dependencies are built.
    pub(super) fn check(&self, way: &str) -> Result<Took> {
        let words = ["clean", "--offline", "--quiet", "--package", package(way)];
        said(&mut measure::cargo(&self.folder(way), &words))?;
        timed(&mut self.command(way))
    }

    fn folder(&self, way: &str) -> PathBuf {
        self.root.join(if way.ends_with("-advised") { "advised" } else { "usual" })
    }

    fn command(&self, way: &str) -> Command {
        let words = ["check", "--offline", "--quiet", "--package", package(way)];
        let mut command = measure::cargo(&self.folder(way), &words);
        let ours = |name: &std::ffi::OsStr| {
            is_setting(name)
                || name == "DATABASE_URL"
                || name.to_string_lossy().starts_with("SQLX_")
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
            command.env_remove(name);
        }
        if way.starts_with("online") {
            command.env("DATABASE_URL", self.database.url());
        } else {
            command.env("SQLX_OFFLINE", "true");
        }
        command
    }
}

fn package(way: &str) -> &'static str {
    if way.starts_with("plain") { "plain" } else { "queries" }
}
