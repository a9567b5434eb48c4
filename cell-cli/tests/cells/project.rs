//! A project with cells that run, and what can be seen of it from outside.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Until something has to have happened, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Project {
    home: TempDir,
    pub(crate) root: PathBuf,
    cells: BTreeMap<String, String>,
}

impl Project {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let root = home.path().canonicalize().expect("a folder").join("app");
        std::fs::create_dir_all(&root).expect("a folder");
        Self { home, root, cells: BTreeMap::new() }
    }

    /// A cell that is this binary, with these variables.
    pub(crate) fn cell(&mut self, name: &str, needs: &[&str], told: &[(&str, &str)]) -> &mut Self {
        let this = std::env::current_exe().expect("this binary");
        let arguments = ["actor::plays_a_cell", "--exact", "--nocapture", "--quiet"];
        let mut environment = format!("{} = {name:?}", crate::actor::NAME);
        for (name, value) in told.iter().chain([&(crate::actor::NEEDS, &*needs.join(","))]) {
            environment += &format!(", {name} = {value:?}");
        }
        let run = format!(
            "command = [{this:?}]\nargs = {arguments:?}\nneeds = {needs:?}\nenv = {{ {environment} }}"
        );
        self.started(name, &run)
    }

    /// A cell with these lines under `[cells.<name>.run]`.
    pub(crate) fn started(&mut self, name: &str, run: &str) -> &mut Self {
        let text = format!("[cells.{name}]\npath = \"x.wasm\"\n[cells.{name}.run]\n{run}\n");
        self.cells.insert(name.to_owned(), text);
        self.write_manifest()
    }

    /// A cell that the project does not start.
    pub(crate) fn elsewhere(&mut self, name: &str) -> &mut Self {
        self.cells.insert(name.to_owned(), format!("[cells.{name}]\npath = \"x.wasm\"\n"));
        self.write_manifest()
    }

    fn write_manifest(&mut self) -> &mut Self {
        let text: String = self.cells.values().map(String::as_str).collect();
        self.write("cell.toml", &text);
        self
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.root.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    pub(crate) fn sockets(&self) -> PathBuf {
        self.home.path().join("run")
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cell"));
        command.args(words).env("CELL_HOME", self.home.path()).current_dir(&self.root);
        command.env_remove("CARGO_TERM_COLOR").env_remove("CARGO_TARGET_DIR");
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn output(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the command")
    }

    /// Stdout and stderr, if it ends as it should.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, words: &[&str]) -> (String, String) {
        let ended = self.output(words);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&ended.stdout), text(&ended.stderr));
        assert_eq!(ended.status.code(), Some(code), "{words:?}: {out}{err}\n{}", self.logs());
        (out, err)
    }

    /// What all cells wrote, for a test that fails.
    pub(crate) fn logs(&self) -> String {
        let shown = self.output(&["logs", "--all", "-n", "30"]);
        String::from_utf8_lossy(&shown.stdout).into_owned()
    }

    /// What `cell status` says of each cell.
    pub(crate) fn status(&self) -> BTreeMap<String, Value> {
        let shown = self.output(&["status", "--json"]);
        let all: Value = serde_json::from_slice(&shown.stdout)
            .unwrap_or_else(|error| panic!("{error}: {shown:?}"));
        let cells = all["cells"].as_array().expect("a list").clone();
        let name = |cell: &Value| cell["name"].as_str().expect("a name").to_owned();
        cells.into_iter().map(|cell| (name(&cell), cell)).collect()
    }

    pub(crate) fn process(&self, name: &str) -> u32 {
        let status = self.status();
        let process = status[name]["process"].as_u64();
        process.unwrap_or_else(|| panic!("{status:?}")) as u32
    }

    pub(crate) fn processes_of_cells(&self) -> BTreeMap<String, Option<u64>> {
        self.status().into_iter().map(|(name, cell)| (name, cell["process"].as_u64())).collect()
    }

    /// Waits until `cell status` says so of a cell.
    #[track_caller]
    pub(crate) fn wait_for(&self, name: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let cell = self.status().remove(name).unwrap_or_default();
            if fits(&cell) {
                return cell;
            }
            assert!(begin.elapsed() < PATIENCE, "{what}: {cell}\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The supervisors' processes: there shall be one.
    pub(crate) fn supervisors(&self) -> Vec<u32> {
        let (out, _) = self.says(0, &["ls"]);
        let lines = out.lines().filter(|line| line.starts_with("supervisor-"));
        lines.map(|line| line.split_whitespace().nth(2).expect("it").parse().expect("it")).collect()
    }

    /// All processes that this project started, by what the system knows, and their words.
    pub(crate) fn processes(&self) -> Vec<String> {
        let home = self.home.path().to_str().expect("a path");
        let mark = format!("CELL_HOME={home}");
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").expect("Linux").flatten() {
            let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
            let ours = environment.split(|byte| *byte == 0).any(|one| one == mark.as_bytes());
            let words = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if ours && !words.is_empty() {
                let words = String::from_utf8_lossy(&words).replace('\0', " ");
                found.push(format!("{} {words}", entry.file_name().display()));
            }
        }
        found
    }

    /// Nobody is left, or will not be in a moment: who is killed needs one to be gone.
    #[track_caller]
    pub(crate) fn assert_nobody_is_left(&self) {
        let begin = Instant::now();
        while !self.processes().is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(10), "{:#?}", self.processes());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = self.output(&["stop", "--all", "--wait", "1"]);
        if !std::thread::panicking() {
            assert_eq!(self.processes(), Vec::<String>::new());
        }
    }
}

pub(crate) fn kill(process: u32) {
    signal(process, Signal::KILL);
}

pub(crate) fn signal(process: u32, signal: Signal) {
    kill_process(Pid::from_raw(process.cast_signed()).expect("a process"), signal)
        .expect("it runs");
}
