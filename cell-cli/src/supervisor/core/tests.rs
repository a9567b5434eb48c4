//! Random projects, in a world that is random too.

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Needs point to earlier cells only, so there is no cycle.
fn graphs() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let row = |at: usize| prop::collection::btree_set(0..at.max(1), 0..=at.min(4));
    let rows: Vec<_> = (0..12).map(row).collect();
    rows.prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(at, row)| row.into_iter().filter(|need| *need < at).collect()).collect()
    })
}

fn name(at: usize) -> String {
    format!("c{at:02}")
}

/// Processes and the clock of a test.
struct World {
    core: Core,
    now: Time,
    needs: BTreeMap<String, Vec<String>>,
    running: BTreeMap<String, u64>,
    ready: BTreeSet<String>,
    /// Everything that was done, in order.
    said: Vec<(Time, Action)>,
    /// Those that were asked to end and do so only when they are killed.
    stubborn: BTreeSet<String>,
}

impl World {
    fn new(graph: &[Vec<usize>], seed: u64) -> Self {
        let mut core = Core::new(Rules::default(), seed);
        let mut all = BTreeMap::new();
        for (at, needs) in graph.iter().enumerate() {
            let needs: Vec<String> = needs.iter().map(|need| name(*need)).collect();
            core.set(&name(at), needs.clone(), true);
            all.insert(name(at), needs);
        }
        let (running, ready, said) = Default::default();
        Self { core, now: SECOND, needs: all, running, ready, said, stubborn: BTreeSet::new() }
    }

    /// Does what the core says, and checks that it may be said.
    fn step(&mut self) {
        for action in self.core.step(self.now) {
            match &action {
                Action::Start(name, run) => {
                    assert!(self.running.insert(name.clone(), *run).is_none(), "{name} twice");
                    for need in &self.needs[name] {
                        assert!(self.ready.contains(need), "{name} before {need}");
                    }
                }
                Action::Ask(name, run) => {
                    assert_eq!(self.running.get(name), Some(run));
                    if !self.stubborn.contains(name) {
                        self.said.push((self.now, action.clone()));
                        self.end(&name.clone(), End::Well);
                        continue;
                    }
                }
                Action::Kill(name, run) => {
                    assert_eq!(self.running.get(name), Some(run));
                    self.said.push((self.now, action.clone()));
                    self.end(&name.clone(), End::Badly);
                    continue;
                }
                Action::Terminate(..) | Action::Watch(..) => {}
            }
            self.said.push((self.now, action));
        }
    }

    fn settle(&mut self) {
        loop {
            let before = self.said.len();
            self.step();
            if self.said.len() == before {
                return;
            }
        }
    }

    fn say(&mut self, name: &str, health: Health) {
        let Some(run) = self.running.get(name).copied() else { return };
        self.core.health(self.now, name, run, health);
        self.ready.insert(name.to_owned());
    }

    fn end(&mut self, name: &str, end: End) {
        let Some(run) = self.running.remove(name) else { return };
        self.ready.remove(name);
        self.core.ended(self.now, name, run, end);
    }

    /// To the next time at which something is due.
    fn wait(&mut self) -> bool {
        let Some(due) = self.core.due() else { return false };
        self.now = self.now.max(due);
        true
    }

    fn up(&mut self) {
        let names: Vec<String> = self.needs.keys().cloned().collect();
        self.core.want(names.iter().map(String::as_str));
        for _ in 0..100 {
            self.settle();
            for name in self.running.keys().cloned().collect::<Vec<_>>() {
                self.say(&name, Health::Ready);
            }
        }
        assert_eq!(self.ready.len(), self.needs.len());
    }

    fn stop(&mut self) {
        let names: Vec<String> = self.needs.keys().cloned().collect();
        self.core.stop(names.iter().map(String::as_str), 10 * SECOND);
        self.settle();
        while self.wait() {
            self.settle();
        }
        assert!(self.core.is_empty() && self.core.is_idle() && self.running.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_project_comes_up_in_order_and_goes_down_in_the_reverse(
        graph in graphs(), seed: u64, events in prop::collection::vec((0usize..12, 0u8..8), 0..60)
    ) {
        let mut world = World::new(&graph, seed);
        let names: Vec<String> = world.needs.keys().cloned().collect();
        world.core.want(names.iter().map(String::as_str));
        for (at, what) in events {
            world.settle();
            let name = name(at);
            match what {
                0..=2 => world.say(&name, Health::Ready),
                3 => world.say(&name, Health::Degraded(vec!["a disk".into()])),
                4 => world.end(&name, End::Badly),
                5 => world.end(&name, End::Well),
                6 => { world.stubborn.insert(name); }
                _ => { world.wait(); }
            }
            world.now += Duration::from_millis(7);
        }
        // Whoever was given up or ended well is asked for once more: then all are there.
        world.stubborn.retain(|name| name.ends_with('3'));
        loop {
            world.settle();
            if !world.wait() { break }
        }
        world.up();
        let before = world.said.len();
        world.core.want(names.iter().map(String::as_str));
        world.settle();
        prop_assert_eq!(world.said.len(), before, "nothing is left to do");

        world.stop();
        let asked: Vec<&String> = world.said[before..].iter().filter_map(|(_, action)| match action {
            Action::Ask(name, _) => Some(name),
            _ => None,
        }).collect();
        prop_assert_eq!(asked.len(), 12);
        let place = |name: &String| asked.iter().position(|other| *other == name);
        for (name, needs) in &world.needs {
            for need in needs {
                prop_assert!(place(name) < place(need), "{} ends before {}", name, need);
            }
        }
    }

    #[test]
    fn waits_grow_and_have_bounds(failures in 1u32..100, fraction in 0.0f64..1.0) {
        let rules = Rules::default();
        let wait = delay(&rules, failures, fraction);
        prop_assert!(wait >= rules.first / 2 && wait <= rules.longest.mul_f64(1.5));
        prop_assert!(delay(&rules, failures + 1, fraction) >= wait);
        let doubled = (200u64 << (failures - 1).min(10)).min(10_000);
        prop_assert!(wait >= Duration::from_millis(doubled / 2));
    }
}

fn phase<'a>(world: &'a World, name: &str) -> &'a Phase {
    &world.core.cells[name].phase
}

#[test]
fn who_fails_at_once_is_given_up_and_may_be_tried_again() {
    let mut world = World::new(&[vec![], vec![0]], 7);
    world.core.want(["c01"]);
    let mut waits = Vec::new();
    for _ in 0..5 {
        world.settle();
        world.end("c00", End::Well);
        if let Phase::Restarting(at) = phase(&world, "c00") {
            waits.push(*at - world.now);
        }
        world.wait();
    }
    assert_eq!(phase(&world, "c00"), &Phase::GivenUp, "ending well at once is no success");
    assert_eq!(phase(&world, "c01"), &Phase::Waiting);
    assert_eq!(waits.len(), 4);
    assert!(waits.last() > waits.first(), "{waits:?}");
    world.settle();
    assert!(world.running.is_empty());
    world.core.want(["c01"]);
    world.settle();
    assert_eq!(world.running.len(), 1);
}

#[test]
fn who_ran_well_for_a_while_gets_its_patience_back() {
    let mut world = World::new(&[vec![]], 7);
    world.core.want(["c00"]);
    for _ in 0..20 {
        world.settle();
        world.say("c00", Health::Ready);
        world.now += 30 * SECOND;
        world.end("c00", End::Badly);
        assert!(matches!(phase(&world, "c00"), Phase::Restarting(at) if *at < world.now + SECOND));
        world.wait();
    }
    assert_eq!(world.core.cells["c00"].restarts, 20);
}

#[test]
fn old_failures_are_forgotten() {
    let mut world = World::new(&[vec![]], 7);
    world.core.want(["c00"]);
    for _ in 0..20 {
        world.wait();
        world.settle();
        // Never ready, and slow: less than five within a minute.
        world.now += 16 * SECOND;
        world.end("c00", End::Badly);
        assert!(matches!(phase(&world, "c00"), Phase::Restarting(_)));
    }
}

#[test]
fn who_does_not_end_is_terminated_and_then_killed() {
    let mut world = World::new(&[vec![]], 7);
    world.stubborn.insert(name(0));
    world.up();
    let begin = world.now;
    world.said.clear();
    world.stop();
    let after = |at: &Time| (*at - begin).as_secs();
    let said: Vec<_> = world.said.iter().map(|(at, action)| (after(at), action.clone())).collect();
    let c = name(0);
    assert_eq!(
        said,
        [
            (0, Action::Ask(c.clone(), 1)),
            (5, Action::Terminate(c.clone(), 1)),
            (10, Action::Kill(c, 1))
        ]
    );
}

#[test]
fn the_shorter_patience_counts() {
    let mut world = World::new(&[vec![]], 7);
    world.stubborn.insert(name(0));
    world.up();
    world.core.stop(["c00"], 1_000 * SECOND);
    world.settle();
    world.said.clear();
    world.core.stop(["c00"], Duration::ZERO);
    world.settle();
    let (terminate, kill) = (Action::Terminate(name(0), 1), Action::Kill(name(0), 1));
    assert_eq!(world.said, [(world.now, terminate), (world.now, kill)]);
}

#[test]
fn who_cannot_be_asked_is_terminated_at_once() {
    let mut world = World::new(&[vec![]], 7);
    world.stubborn.insert(name(0));
    world.core.want(["c00"]);
    world.settle();
    world.core.stop(["c00"], 10 * SECOND);
    world.settle();
    world.core.deaf(world.now, "c00", 1);
    world.said.clear();
    world.settle();
    assert_eq!(world.said, [(world.now, Action::Terminate(name(0), 1))]);
}

#[test]
fn who_is_wanted_again_while_it_ends_is_started_again() {
    let mut world = World::new(&[vec![]], 7);
    world.up();
    world.stubborn.insert(name(0));
    world.core.stop(["c00"], 10 * SECOND);
    world.settle();
    world.core.want(["c00"]);
    world.settle();
    assert!(matches!(phase(&world, "c00"), Phase::Stopping(_)));
    world.end("c00", End::Well);
    world.settle();
    assert_eq!(world.running.get("c00"), Some(&2));
    // Not begun yet: then it is as if nobody had asked.
    let mut world = World::new(&[vec![], vec![0]], 7);
    world.up();
    world.stubborn.insert(name(1));
    world.core.stop(["c00", "c01"], 10 * SECOND);
    world.settle();
    assert!(matches!(phase(&world, "c00"), Phase::Up(..)));
    world.core.want(["c00"]);
    world.end("c01", End::Well);
    world.settle();
    assert!(matches!(phase(&world, "c00"), Phase::Up(..)));
}

#[test]
fn who_is_found_while_it_is_to_end_is_not_started_again() {
    let mut world = World::new(&[vec![]], 7);
    world.up();
    world.stubborn.insert(name(0));
    world.core.stop(["c00"], 10 * SECOND);
    world.settle();
    // Its keeper ended, and another one has its place.
    let run = world.core.adopt("c00").unwrap();
    world.running.insert(name(0), run);
    world.settle();
    assert!(matches!(phase(&world, "c00"), Phase::Stopping(_)));
    world.end("c00", End::Well);
    world.settle();
    assert_eq!(phase(&world, "c00"), &Phase::Stopped);
    // Of whom nobody has said anything is looked after.
    let run = world.core.adopt("c00").unwrap();
    world.core.ended(world.now, "c00", run, End::Badly);
    assert!(matches!(phase(&world, "c00"), Phase::Restarting(_)));
}

#[test]
fn somebody_elses_cell_is_waited_for_and_never_started() {
    let mut core = Core::new(Rules::default(), 7);
    core.set("postgres", Vec::new(), false);
    core.set("ledger", vec!["postgres".into()], true);
    core.want(["ledger"]);
    assert_eq!(core.step(SECOND), [Action::Watch("postgres".into(), 1)]);
    assert_eq!(core.missing(&core.cells["ledger"]), ["postgres"]);
    core.health(SECOND, "postgres", 1, Health::Silent("does not run"));
    assert_eq!(core.step(SECOND), []);
    core.health(SECOND, "postgres", 1, Health::Ready);
    assert_eq!(core.step(SECOND), [Action::Start("ledger".into(), 1)]);
    // One of ours that somebody else has started already, and ends.
    core.elsewhere("ledger", 1);
    core.health(SECOND, "ledger", 1, Health::Ready);
    assert_eq!(core.cells["ledger"].phase, Phase::Elsewhere(true));
    core.health(SECOND, "ledger", 1, Health::Silent("does not run"));
    assert_eq!(core.step(SECOND), []);
    assert_eq!(core.cells["ledger"].phase, Phase::Stopped);
    assert!(!core.is_current("ledger", 1), "nobody looks for it any more");
}

#[test]
fn what_an_old_process_does_is_no_matter() {
    let mut world = World::new(&[vec![]], 7);
    world.up();
    world.end("c00", End::Badly);
    world.wait();
    world.settle();
    world.core.ended(world.now, "c00", 1, End::Badly);
    world.core.health(world.now, "c00", 1, Health::Ready);
    assert_eq!(phase(&world, "c00"), &Phase::Starting);
    world.say("c00", Health::Silent("starts"));
    assert_eq!(phase(&world, "c00"), &Phase::Starting);
}
