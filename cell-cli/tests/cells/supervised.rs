//! Cells in the background: order, failures, stops, logs, and supervisors that are killed.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::actor::{CHILD, COUNT, DELAY, FAIL, STUBBORN};
use rustix::process::{Pid, Signal, kill_process};

use crate::project::{Project, kill, signal};

/// Numbers that are the same for each seed.
fn numbers(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    }
}

fn name(at: usize) -> String {
    format!("c{at:02}")
}

#[test]
fn twelve_cells_come_up_in_order_and_go_down_in_the_reverse() {
    let rounds = if std::env::var_os("SLOW_TESTS").is_some() { 20 } else { 2 };
    for seed in 0..rounds {
        let mut number = numbers(seed);
        let mut project = Project::new();
        for at in 0..12 {
            let needs: Vec<String> = (0..at).filter(|_| number(4) == 0).map(name).collect();
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            project.cell(&name(at), &needs, &[(DELAY, &number(40).to_string())]);
        }
        let (_, said) = project.says(0, &["up"]);
        assert_eq!(said.matches("Started").count(), 12, "seed {seed}: {said}");
        let status = project.status();
        for (name, cell) in &status {
            assert_eq!((&cell["state"], &cell["restarts"]), (&"ready".into(), &0.into()), "{name}");
        }
        let before = project.processes_of_cells();
        let begin = Instant::now();
        let (_, said) = project.says(0, &["up"]);
        eprintln!("the second `cell up` took {} ms", begin.elapsed().as_millis());
        assert_eq!(said.matches("Running").count(), 12, "seed {seed}: {said}");
        assert_eq!(project.processes_of_cells(), before);
        let (_, said) = project.says(0, &["stop", "--all"]);
        assert_eq!(said.matches("Stopped").count(), 12, "{said}");
        project.assert_nobody_is_left();
        let logs = project.logs();
        assert!(!logs.contains("is not there"), "seed {seed}: {logs}");
        assert_eq!(logs.matches("ends well").count(), 12, "seed {seed}: {logs}");
    }
}

#[test]
fn who_is_killed_is_started_again() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[]).cell("exchange", &["ledger"], &[]);
    project.says(0, &["up"]);
    let (ledger, exchange) = (project.process("ledger"), project.process("exchange"));
    kill(ledger);
    let again = project.wait_for("ledger", "it is started again", |cell| {
        cell["state"] == "ready" && cell["process"] != ledger
    });
    assert_eq!(again["restarts"], 1);
    assert_eq!(project.process("exchange"), exchange, "who needs it goes on");
    let (logs, _) = project.says(0, &["logs", "ledger"]);
    assert!(logs.contains("ended by signal 9"), "{logs}");
    assert_eq!(logs.matches("started as process").count(), 2, "{logs}");
}

#[test]
fn who_fails_again_and_again_is_given_up() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[(FAIL, "3")]).cell("exchange", &["ledger"], &[]);
    project.cell("other", &[], &[]);
    let (_, said) = project.says(1, &["up"]);
    for words in [
        "`ledger` ended with code 3, and is started again",
        "Failed ledger: given up, ended with code 3 5 times",
        "Failed exchange: waiting for ledger",
        "Started other",
        "ledger has no disk",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let (table, _) = project.says(1, &["status"]);
    assert!(table.contains("given up, ended with code 3"), "{table}");
    // It is tried again when somebody asks, with what cell.toml says now.
    project.cell("ledger", &[], &[]);
    project.says(0, &["up"]);
    project.says(0, &["status"]);
}

#[test]
fn what_cannot_be_started_is_said() {
    let mut project = Project::new();
    project.started("ledger", "command = [\"./not-there\"]");
    let (_, said) = project.says(1, &["up"]);
    assert!(said.contains("error: cannot start `./not-there`: No such file"), "{said}");
    assert!(said.contains("given up, ended with code 1"), "{said}");
}

#[test]
fn a_stop_leaves_nobody() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[(CHILD, "1")]).cell("stubborn", &[], &[(STUBBORN, "1")]);
    project.says(0, &["up"]);
    let before = project.processes();
    assert!(before.iter().any(|process| process.contains("sleep 1000")), "{before:?}");
    project.says(0, &["stop", "ledger"]);
    let left = project.processes();
    assert!(!left.iter().any(|process| process.contains("sleep 1000")), "{left:?}");
    let status = project.status();
    assert_eq!(
        (&status["ledger"]["state"], &status["ledger"]["restarts"]),
        (&"stopped".into(), &0.into())
    );
    assert_eq!(status["stubborn"]["state"], "ready");
    // A killed one takes its children with it, too.
    project.says(0, &["up"]);
    kill(project.process("ledger"));
    project
        .wait_for("ledger", "restarted", |cell| cell["restarts"] == 1 && cell["state"] == "ready");
    let sleeping = |project: &Project| {
        project.processes().iter().filter(|process| process.contains("sleep 1000")).count()
    };
    assert_eq!(sleeping(&project), 1);
    project.says(0, &["stop", "stubborn", "--wait", "2"]);
    let (logs, _) = project.says(0, &["logs", "stubborn"]);
    assert!(logs.contains(" no\n") && logs.contains("ended by signal 9"), "{logs}");
    project.says(0, &["stop", "--all"]);
    project.assert_nobody_is_left();
    let (_, said) = project.says(0, &["stop", "--all"]);
    assert!(said.contains("no cell of this project"), "{said}");
    let (_, said) = project.says(1, &["stop", "ledger"]);
    assert!(said.contains("does not run"), "{said}");
}

#[test]
fn logs_have_bounds_and_are_followed() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[(COUNT, "1")]);
    let mut up = project.command(&["up"]);
    assert!(up.env("CELL_LOG_BYTES", "20000").status().expect("it").success());
    let mut follows = project.command(&["logs", "ledger", "-f", "-n", "5"]);
    let mut follows = follows.stdout(Stdio::piped()).spawn().expect("it");
    let mut lines = BufReader::new(follows.stdout.take().expect("a pipe")).lines();
    let mut numbers: Vec<u64> = Vec::new();
    let mut lives = 1;
    // Some files long, then over the end of the process, and on.
    while lives < 2 || numbers.len() < 1_000 {
        let line = lines.next().expect("it goes on").expect("text");
        if let Some((_, number)) = line.split_once("number ") {
            numbers.push(number.parse().expect("a number"));
            if numbers.len() == 2_000 {
                kill(project.process("ledger"));
            }
        }
        if line.contains("ended by signal 9") {
            assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
            assert!(numbers.len() >= 2_000);
            numbers.clear();
            lives = 2;
        }
    }
    follows.kill().expect("it runs");
    follows.wait().expect("it runs");
    assert_eq!(numbers[..5], [0, 1, 2, 3, 4]);
    project.says(0, &["stop", "--all"]);
    let state = project.root.parent().expect("a home").join("state/projects");
    let folder = std::fs::read_dir(state).expect("it").next().expect("it").expect("it").path();
    let size = |name: &str| std::fs::metadata(folder.join(name)).expect(name).len();
    assert!(size("ledger.log") <= 20_000 && size("ledger.log.1") <= 20_000);
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &std::path::Path| path.metadata().expect("it").permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("ledger.log"))), (0o700, 0o600));
}

#[test]
fn cells_of_a_killed_supervisor_go_on_and_are_looked_after_again() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[]).cell("exchange", &["ledger"], &[]);
    project.says(0, &["up"]);
    let before = project.processes_of_cells();
    let supervisors = project.supervisors();
    assert_eq!(supervisors.len(), 1);
    kill(supervisors[0]);
    let status = project.status();
    assert_eq!(status["ledger"]["state"], "unwatched", "{status:?}");
    assert_eq!(project.processes_of_cells(), before);
    let (_, said) = project.says(0, &["status"]);
    assert!(said.contains("`cell up` looks after them again"), "{said}");
    let (_, said) = project.says(0, &["up"]);
    assert_eq!(said.matches("Watching").count(), 2, "{said}");
    assert_eq!(project.processes_of_cells(), before);
    let ledger = project.process("ledger");
    kill(ledger);
    project.wait_for("ledger", "it is started again", |cell| {
        cell["state"] == "ready" && cell["process"] != ledger
    });
    // Who stops them needs no `up` before, and knows the order still.
    kill(project.supervisors()[0]);
    project.says(0, &["stop", "--all"]);
    project.assert_nobody_is_left();
    assert!(!project.logs().contains("is not there"), "{}", project.logs());
}

#[test]
fn a_killed_keeper_takes_its_cell_with_it() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[]);
    project.says(0, &["up"]);
    let ledger = project.process("ledger");
    let keeper = project.processes().into_iter().find(|words| words.contains(" keep "));
    let keeper = keeper.expect("a keeper");
    kill(keeper.split(' ').next().expect("it").parse().expect("it"));
    project.wait_for("ledger", "it is started again", |cell| {
        cell["state"] == "ready" && cell["process"] != ledger
    });
    assert!(!project.processes().iter().any(|words| words.starts_with(&format!("{ledger} "))));
}

#[test]
fn two_at_once_are_one() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[(DELAY, "100")]).cell("exchange", &["ledger"], &[]);
    std::thread::scope(|scope| {
        let both = [0; 4].map(|_| scope.spawn(|| project.says(0, &["up"])));
        for one in both {
            let (_, said) = one.join().expect("it");
            let seen = said.matches("Started").count() + said.matches("Running").count();
            assert_eq!(seen, 2, "{said}");
        }
    });
    assert_eq!(project.supervisors().len(), 1);
    let (logs, _) = project.says(0, &["logs", "--all"]);
    assert_eq!(logs.matches("started as process").count(), 2, "{logs}");
}

#[test]
fn a_changed_manifest_is_said() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[]);
    project.says(0, &["up"]);
    let before = project.process("ledger");
    project.cell("ledger", &[], &[(DELAY, "1")]).cell("exchange", &["ledger"], &[]);
    let (_, said) = project.says(0, &["up"]);
    assert!(said.contains("`ledger` runs as cell.toml said before"), "{said}");
    assert!(said.contains("Started exchange"), "{said}");
    assert_eq!(project.process("ledger"), before);
    let (table, _) = project.says(0, &["status"]);
    assert!(table.contains("cell.toml was changed since"), "{table}");
    project.says(0, &["stop", "ledger"]);
    let (_, said) = project.says(0, &["up"]);
    assert!(!said.contains("warning"), "{said}");
    assert_ne!(project.process("ledger"), before);
}

#[test]
fn mistakes_are_named_before_anything_starts() {
    let mut project = Project::new();
    project.cell("a", &["b"], &[]).cell("b", &["c"], &[]).cell("c", &["a"], &[]);
    let (_, said) = project.says(1, &["up"]);
    assert!(said.contains("circle: `a` needs `b` needs `c` needs `a`"), "{said}");
    project.cell("c", &["bb"], &[]);
    let (_, said) = project.says(1, &["up"]);
    assert!(said.contains("`c` needs `bb`") && said.contains("did you mean `b`?"), "{said}");
    let (_, said) = project.says(1, &["run", "dd"]);
    assert!(said.contains("cell.toml has no cell"), "{said}");
    project.write("cell.toml", "[cells.a]\npath = \"x\"\n[cells.a.run]\ncomand = [\"x\"]\n");
    let (_, said) = project.says(1, &["up"]);
    assert!(said.contains("line 4: there is no key `comand`"), "{said}");
    let (_, said) = project.says(1, &["logs", "../a"]);
    assert!(said.contains("there is no key"), "{said}");
    assert_eq!(project.processes(), Vec::<String>::new());
    let folder: BTreeMap<_, _> =
        std::fs::read_dir(&project.root).expect("it").flatten().map(|e| (e.path(), ())).collect();
    assert_eq!(folder.len(), 1, "nothing is written into the project");
}

#[test]
fn a_supervisor_that_is_told_to_end_stops_its_cells() {
    let mut project = Project::new();
    project.cell("ledger", &[], &[]).cell("exchange", &["ledger"], &[]);
    project.says(0, &["up"]);
    signal(project.supervisors()[0], Signal::TERM);
    project.assert_nobody_is_left();
    project.says(0, &["up"]);
    let (names, _) = project.says(0, &["ls", "--names"]);
    let name = names.lines().find(|name| name.starts_with("supervisor-")).expect("a supervisor");
    project.says(0, &["stop", name]);
    project.assert_nobody_is_left();
    assert_eq!(project.logs().matches("ends well").count(), 4, "{}", project.logs());
}

#[test]
fn who_tells_a_supervisor_twice_does_not_wait() {
    let mut project = Project::new();
    project.cell("stubborn", &[], &[(STUBBORN, "1")]);
    project.says(0, &["up"]);
    let supervisor = project.supervisors()[0];
    signal(supervisor, Signal::TERM);
    project.wait_for("stubborn", "it is told", |cell| cell["state"] == "stopping");
    signal(supervisor, Signal::TERM);
    project.assert_nobody_is_left();
}

#[test]
fn a_start_can_be_stopped_and_a_stop_can_be_taken_back() {
    let mut project = Project::new();
    project.cell("slow", &[], &[(DELAY, "100000")]);
    let mut up = project.command(&["up", "--wait", "100"]);
    let mut up = up.stderr(Stdio::piped()).spawn().expect("it");
    project.wait_for("slow", "it starts", |cell| cell["state"] == "starting");
    // It does not listen yet, so it gets a signal at once.
    let begin = Instant::now();
    project.says(0, &["stop", "slow", "--wait", "90"]);
    assert!(begin.elapsed().as_secs() < 40);
    let ended = up.wait().expect("it");
    assert_eq!(ended.code(), Some(1), "nobody waits for a cell that was stopped");

    let mut project = Project::new();
    project.cell("stubborn", &[], &[(STUBBORN, "1")]);
    project.says(0, &["up"]);
    let before = project.process("stubborn");
    let mut stop = project.command(&["stop", "stubborn", "--wait", "4"]);
    let mut stop = stop.spawn().expect("it");
    project.wait_for("stubborn", "it is told", |cell| cell["state"] == "stopping");
    project.says(0, &["up"]);
    assert_ne!(project.process("stubborn"), before);
    assert!(stop.wait().expect("it").success());
}

#[test]
fn whoever_is_killed_an_up_makes_all_well() {
    let rounds = if std::env::var_os("SLOW_TESTS").is_some() { 40 } else { 2 };
    for seed in 0..rounds {
        let mut number = numbers(seed);
        let mut project = Project::new();
        for at in 0..6 {
            let needs: Vec<String> = (0..at).filter(|_| number(3) == 0).map(name).collect();
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            project.cell(&name(at), &needs, &[(DELAY, &number(30).to_string())]);
        }
        for _ in 0..4 {
            // Its beginning is part of what may be interrupted.
            let mut up = project.command(&["up"]);
            let mut up = up.stderr(Stdio::null()).spawn().expect("it");
            for _ in 0..3 {
                std::thread::sleep(Duration::from_millis(number(120)));
                let processes: Vec<u32> = project
                    .processes()
                    .iter()
                    .filter_map(|words| words.split(' ').next()?.parse().ok())
                    .filter(|process| *process != up.id())
                    .collect();
                if !processes.is_empty() {
                    let process = processes[number(processes.len() as u64) as usize];
                    let _ = kill_process(
                        Pid::from_raw(process.cast_signed()).expect("it"),
                        Signal::KILL,
                    );
                }
            }
            let _ = up.kill();
            up.wait().expect("it");
        }
        let (_, said) = project.says(0, &["up"]);
        assert_eq!(said.matches("process ").count(), 6, "seed {seed}: {said}");
        for at in 0..6 {
            // Who was killed last may not have been missed when `up` looked.
            project.wait_for(&name(at), &format!("seed {seed}"), |cell| cell["state"] == "ready");
        }
        let processes = project.processes();
        assert_eq!(processes.len(), 6 + 6 + 1, "seed {seed}: {processes:#?}");
        project.says(0, &["stop", "--all"]);
        project.assert_nobody_is_left();
    }
}
