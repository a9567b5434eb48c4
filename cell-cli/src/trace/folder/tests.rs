use super::*;

const ID: &str = "path+file:///p#app@0.1.0";

fn own() -> Packages {
    [(ID.to_owned(), Package { name: "app".into(), folder: "/p".into() })].into()
}

fn compiled(unit: &str, fresh: bool) -> Compiled {
    Compiled { unit: unit.into(), krate: "app".into(), package: ID.into(), fresh }
}

struct Kept {
    target: tempfile::TempDir,
    folder: Folder,
}

impl Kept {
    fn new() -> Self {
        let target = tempfile::tempdir().unwrap();
        let folder = Folder::open(target.path(), &|| panic!("nobody else has it")).unwrap();
        Self { target, folder }
    }

    /// What rustc does: one expansion with this title, and its request.
    fn expand(&self, unit: &str, run: &str, title: &str) {
        let key = Digest::of(title.as_bytes());
        let text = format!(
            "{}\nrun {run} 7\nunit app\tapp\t/p\nexpansion {key} recorded a.rs:1:1\t{title}\n",
            crate::trace::FORMAT
        );
        fs::write(self.folder.unit_path(unit), text).unwrap();
        fs::create_dir_all(self.folder.path.join(REQUESTS)).unwrap();
        fs::write(self.folder.request_path(&key), "").unwrap();
    }

    fn settle(&self, run: &str, units: &[Compiled]) -> Settled {
        self.folder.settle(run, &own(), units, true, &|_| true).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.folder.units().unwrap().into_keys().collect();
        names.sort();
        names
    }
}

fn titles(settled: &Settled) -> Vec<&str> {
    settled.trace.sites.keys().map(|site| site.title.as_str()).collect()
}

#[test]
fn what_is_fresh_keeps_its_trace() {
    let kept = Kept::new();
    let run = kept.folder.begin("lock").unwrap();
    kept.expand("app-1", &run, "x::y");
    assert_eq!(titles(&kept.settle(&run, &[compiled("app-1", false)])), ["x::y"]);
    let run = kept.folder.begin("lock").unwrap();
    let settled = kept.settle(&run, &[compiled("app-1", true)]);
    assert!(settled.lost.is_empty());
    assert_eq!(titles(&settled), ["x::y"]);
}

#[test]
fn what_was_compiled_and_left_nothing_uses_no_macro() {
    let kept = Kept::new();
    let run = kept.folder.begin("lock").unwrap();
    kept.expand("app-1", &run, "x::y");
    kept.settle(&run, &[compiled("app-1", false)]);
    for fresh in [false, true] {
        let run = kept.folder.begin("lock").unwrap();
        let settled = kept.settle(&run, &[compiled("app-1", fresh)]);
        assert!(settled.lost.is_empty() && titles(&settled).is_empty(), "{settled:?}");
    }
}

#[test]
fn what_is_fresh_and_not_known_is_lost() {
    let kept = Kept::new();
    let first = kept.folder.begin("lock").unwrap();
    kept.expand("app-1", &first, "x::y");
    kept.settle(&first, &[compiled("app-1", false)]);
    let lost = |lock: &str, unit: &str| {
        let run = kept.folder.begin(lock).unwrap();
        !kept.settle(&run, &[compiled(unit, true)]).lost.is_empty()
    };
    assert!(!lost("lock", "app-1"));
    assert!(lost("lock", "app-2"), "it has no file");
    assert!(lost("another lock", "app-1"), "it was expanded with another lock");
    kept.expand("app-1", &first, "x::y");
    fs::remove_file(kept.folder.request_path(&Digest::of(b"x::y"))).unwrap();
    assert!(lost("lock", "app-1"), "what was expanded is not there");
}

#[test]
fn what_stands_on_another_answer_is_lost() {
    let kept = Kept::new();
    let run = kept.folder.begin("lock").unwrap();
    kept.expand("app-1", &run, "x::y");
    let path = kept.folder.unit_path("app-1");
    let digest = Digest::of(b"answer");
    let text = fs::read_to_string(&path).unwrap() + &format!("answer search {digest} {digest}\n");
    fs::write(&path, text).unwrap();
    kept.settle(&run, &[compiled("app-1", false)]);
    let lost = |recorded: &dyn Fn(&AnswerUsed) -> bool| {
        let run = kept.folder.begin("lock").unwrap();
        let units = [compiled("app-1", true)];
        !kept.folder.settle(&run, &own(), &units, true, recorded).unwrap().lost.is_empty()
    };
    assert!(!lost(&|used| used.cell == "search" && used.digest == digest));
    assert!(lost(&|_| false));
}

#[test]
fn after_a_killed_command_nothing_is_known() {
    let kept = Kept::new();
    let run = kept.folder.begin("lock").unwrap();
    kept.expand("app-1", &run, "x::y");
    kept.settle(&run, &[compiled("app-1", false)]);
    // It compiled the unit, which uses no macro now, and was killed before it could note that.
    kept.folder.begin("lock").unwrap();
    let run = kept.folder.begin("lock").unwrap();
    assert!(!kept.settle(&run, &[compiled("app-1", true)]).lost.is_empty());
}

#[test]
fn units_that_failed_are_seen_as_far_as_they_came() {
    let kept = Kept::new();
    let run = kept.folder.begin("lock").unwrap();
    kept.expand("app-1", &run, "x::y");
    kept.expand("app-2", "0-1-2", "an earlier one of a unit that was not reached");
    let settled = kept.folder.settle(&run, &own(), &[], false, &|_| true).unwrap();
    assert_eq!(titles(&settled), ["x::y"]);
    // Cargo says that all went well, and does not know a unit that ran macros: names do not fit.
    let run = kept.folder.begin("lock").unwrap();
    kept.expand("app-1", &run, "x::y");
    assert!(kept.folder.settle(&run, &own(), &[], true, &|_| true).is_err());
}

#[test]
fn other_projects_units_are_left_alone() {
    let kept = Kept::new();
    let run = kept.folder.begin("lock").unwrap();
    kept.expand("app-1", &run, "x::y");
    let other = [("other".to_owned(), Package { name: "o".into(), folder: "/o".into() })].into();
    let settled =
        kept.folder.settle(&run, &other, &[compiled("app-1", false)], true, &|_| true).unwrap();
    assert!(titles(&settled).is_empty() && settled.lost.is_empty());
}

#[test]
fn what_no_selection_uses_is_removed() {
    let kept = Kept::new();
    let check = |selection: &str, units: &[(&str, &str)]| {
        let run = kept.folder.begin("lock").unwrap();
        units.iter().for_each(|(unit, title)| kept.expand(unit, &run, title));
        let units: Vec<_> = units.iter().map(|(unit, _)| compiled(unit, false)).collect();
        let settled = kept.settle(&run, &units);
        kept.folder.tidy(selection, &settled).unwrap();
    };
    check("all", &[("app-1", "a"), ("app-2", "b")]);
    check("features", &[("app-3", "c")]);
    assert_eq!(kept.names(), ["app-1", "app-2", "app-3"]);
    assert_eq!(kept.folder.request_keys().unwrap().len(), 3);
    check("all", &[("app-1", "a")]);
    assert_eq!(kept.names(), ["app-1", "app-3"]);
    let keys = [b"a", b"c"].map(|title| Digest::of(title));
    assert_eq!(kept.folder.request_keys().unwrap(), keys.into());
}

#[test]
fn another_format_is_an_error_until_the_next_run() {
    let kept = Kept::new();
    let run = kept.folder.begin("lock").unwrap();
    fs::write(kept.folder.unit_path("app-77"), "expansion x y z\n").unwrap();
    let error = kept.folder.settle(&run, &own(), &[], true, &|_| true).unwrap_err();
    assert!(error.to_string().contains("of another release"), "{error:#}");
    kept.folder.begin("lock").unwrap();
    assert!(kept.names().is_empty());
}

#[test]
fn one_command_at_a_time() {
    let kept = Kept::new();
    let target = kept.target.path().to_owned();
    let (say, said) = std::sync::mpsc::channel();
    let second = std::thread::spawn(move || {
        let waits = say.clone();
        let folder = Folder::open(&target, &|| waits.send("waits").unwrap()).unwrap();
        say.send("has it").unwrap();
        folder
    });
    assert_eq!(said.recv(), Ok("waits"));
    assert!(said.try_recv().is_err(), "it did not wait");
    drop(kept.folder);
    assert_eq!(said.recv(), Ok("has it"));
    second.join().unwrap();
}
