//! Builds whose macros ask: when they began, and how long they have waited for cells. A build is the
//! process that started the compiler, cargo mostly, and the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use super::{BUILD, guard};

/// A build that asked nothing for so long is over, or its process number is another's.
const OVER: Duration = Duration::from_secs(60);

/// All of them.
#[derive(Default)]
pub(super) struct Builds(Mutex<BTreeMap<(PathBuf, u32), Build>>);

struct Build {
    /// `None` where the system does not say.
    began: Option<SystemTime>,
    /// Time in which it waited for at least one question.
    waited: Duration,
    /// Questions that it waits for, and since when it waits for any.
    open: u32,
    since: Instant,
    last: Instant,
}

impl Build {
    fn of(process: u32) -> Self {
        let now = Instant::now();
        Self {
            began: process_began(process),
            waited: Duration::ZERO,
            open: 0,
            since: now,
            last: now,
        }
    }

    fn waited(&self) -> Duration {
        self.waited + if self.open > 0 { self.since.elapsed() } else { Duration::ZERO }
    }
}

impl Builds {
    /// When it began.
    pub(super) fn began(&self, root: &Path, build: u32) -> Option<SystemTime> {
        self.with(root, build, |build| build.began)
    }

    /// How long it may still wait.
    pub(super) fn left(&self, root: &Path, build: u32) -> Duration {
        self.with(root, build, |build| BUILD.saturating_sub(build.waited()))
    }

    /// Does what it waits for. What its compilers wait for at the same time counts once.
    pub(super) fn wait<T>(&self, root: &Path, build: u32, work: impl FnOnce() -> T) -> T {
        struct Done<'a>(&'a Builds, &'a Path, u32);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                self.0.with(self.1, self.2, |build| {
                    build.open = build.open.saturating_sub(1);
                    if build.open == 0 {
                        build.waited += build.since.elapsed();
                    }
                });
            }
        }
        self.with(root, build, |build| {
            if build.open == 0 {
                build.since = Instant::now();
            }
            build.open += 1;
        });
        let _done = Done(self, root, build);
        work()
    }

    #[cfg(test)]
    pub(super) fn has_waited(&self, root: &Path, build: u32, time: Duration) {
        self.with(root, build, |build| build.waited += time);
    }

    fn with<T>(&self, root: &Path, build: u32, work: impl FnOnce(&mut Build) -> T) -> T {
        let mut builds = guard(&self.0);
        builds.retain(|_, build| build.open > 0 || build.last.elapsed() < OVER);
        let found = builds.entry((root.to_owned(), build)).or_insert_with(|| Build::of(build));
        found.last = Instant::now();
        work(found)
    }
}

/// When a process began, or up to a fiftieth of a second before: cargo reads manifests before it starts a
/// compiler, so what has this time is older than all that the build compares with.
#[cfg(target_os = "linux")]
fn process_began(process: u32) -> Option<SystemTime> {
    /// Both files count to a hundredth of a second.
    const BLUR: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in parentheses and may hold anything; the 20th word behind it is the time.
    let ticks: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let uptime: f64 = uptime.split(' ').next()?.parse().ok()?;
    let ago = uptime - ticks / rustix::param::clock_ticks_per_second() as f64;
    let ago = Duration::try_from_secs_f64(ago.max(0.0)).ok()?;
    SystemTime::now().checked_sub(ago + BLUR)
}

#[cfg(not(target_os = "linux"))]
fn process_began(_process: u32) -> Option<SystemTime> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_waited_for_at_the_same_time_counts_once() {
        let (builds, root) = (Builds::default(), Path::new("/p"));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    builds.wait(root, 1, || std::thread::sleep(Duration::from_millis(200)));
                });
            }
        });
        let waited = BUILD - builds.left(root, 1);
        assert!(waited >= Duration::from_millis(200), "{waited:?}");
        // Eight times as much would be 1.6 s.
        assert!(waited < Duration::from_millis(1_500), "{waited:?}");
        assert_eq!(builds.left(root, 2), BUILD);
        assert_eq!(builds.left(Path::new("/q"), 1), BUILD);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_began_after_what_was_there_before_and_not_later_than_it_did() {
        let before = SystemTime::now();
        std::thread::sleep(Duration::from_millis(50));
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let after = SystemTime::now();
        std::thread::sleep(Duration::from_millis(50));
        let began = process_began(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        let began = began.unwrap();
        assert!(before < began && began <= after, "{before:?} {began:?} {after:?}");
        assert_eq!(process_began(u32::MAX), None);
    }
}
