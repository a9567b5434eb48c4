//! A PostgreSQL for one measurement: a folder for temporary files, a socket in it, and no port.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::sites::until;
use super::source::TABLE;
use crate::bench::measure::said;

/// Where distributions put programs that are not in `PATH`, in folders named by version.
const DISTRIBUTIONS: [&str; 2] = ["/usr/lib/postgresql", "/usr/local/pgsql"];
/// Its superuser.
const USER: &str = "bench";
/// Accounts that a server may run as if we are root, which it refuses to be.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// A running server. It and its folder go when this does.
pub(super) struct Database {
    programs: PathBuf,
    folder: PathBuf,
    account: Option<(u32, u32)>,
    server: Option<Child>,
    /// The major one.
    pub(super) version: f64,
}

impl Database {
    /// Makes a cluster with the table that is queried, and starts the server.
    pub(super) fn start() -> Result<Self> {
        let programs = programs().context("no `initdb` and `postgres` were found")?;
        // In the system's folder for such things: the path of a socket has to be short.
        let folder = std::env::temp_dir().join(format!("cell-postgres-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let said_version = said(Command::new(programs.join("postgres")).arg("--version"))?;
        let version = major(&said_version).context("`postgres --version` says something else")?;
        let account = account(&folder)?;
        let mut database = Self { programs, folder, account, server: None, version };
        if let Some((user, group)) = account {
            chown(&database.folder, Some(user), Some(group))?;
        }
        let data = database.folder.join("data");
        let mut init = database.command("initdb");
        init.args(["--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8", "--username"]);
        said(init.arg(USER).arg("--pgdata").arg(&data))?;
        let mut server = database.command("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(&database.folder);
        server.args(["-c", "listen_addresses=", "-c", "fsync=off"]);
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        database.server = Some(server.spawn().context("cannot start PostgreSQL")?);
        until(|| said(&mut database.query("SELECT 1")).is_ok())
            .context("PostgreSQL does not answer")?;
        said(&mut database.query(TABLE))?;
        Ok(database)
    }

    /// As `DATABASE_URL` wants it.
    pub(super) fn url(&self) -> String {
        let folder = self.folder.display();
        format!("postgres://{USER}@localhost/postgres?host={folder}&sslmode=disable")
    }

    fn query(&self, statement: &str) -> Command {
        let mut command = self.command("psql");
        command.arg("--host").arg(&self.folder).args(["--username", USER, "--no-psqlrc"]);
        command.args(["--dbname", "postgres", "--quiet", "--command", statement]);
        command
    }

    /// One of its programs, in a folder that its account may enter.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.folder);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let mut stop = self.command("pg_ctl");
            stop.args(["stop", "--mode=fast", "--silent", "--pgdata"]);
            // One that is killed leaves shared memory behind.
            if said(stop.arg(self.folder.join("data"))).is_err() {
                let _ = server.kill();
            }
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Does it say to clients of PostgreSQL which server is meant?
pub(super) fn is_setting(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("PG")
}

/// The folder of the newest server's programs.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = DISTRIBUTIONS.iter().filter_map(|folder| fs::read_dir(folder).ok());
    let mut others: Vec<PathBuf> = versions.flatten().flatten().map(|it| it.path()).collect();
    let number = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
    others.sort_by_key(|folder| std::cmp::Reverse(number(folder)));
    folders.extend(others.into_iter().map(|folder| folder.join("bin")));
    let complete = |folder: &PathBuf| {
        ["initdb", "postgres", "psql", "pg_ctl"].iter().all(|name| folder.join(name).is_file())
    };
    folders.into_iter().find(complete)
}

/// User and group of an account without rights if we are root: `initdb` refuses to be root.
fn account(ours: &Path) -> Result<Option<(u32, u32)>> {
    if fs::metadata(ours)?.uid() != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd")?;
    let found = ACCOUNTS.iter().find_map(|name| numbers(&accounts, name));
    ensure!(found.is_some(), "root may not run PostgreSQL, and there is no account for it");
    Ok(found)
}

/// User and group of an account in `passwd`.
fn numbers(accounts: &str, name: &str) -> Option<(u32, u32)> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let is_it = fields.next()? == name;
        let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        is_it.then_some((user, group))
    })
}

/// `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`
fn major(text: &str) -> Option<f64> {
    let version = text.split_once("(PostgreSQL) ")?.1;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_major_ones() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15.0));
        assert_eq!(major("postgres (PostgreSQL) 18beta1\n"), Some(18.0));
        assert_eq!(major("postgres\n"), None);
    }

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\n\
                        broken\npostgres:x:101:104:a,b:/var:/bin/sh\n";
        assert_eq!(numbers(accounts, "postgres"), Some((101, 104)));
        assert_eq!(numbers(accounts, "nobody"), None);
    }
}
