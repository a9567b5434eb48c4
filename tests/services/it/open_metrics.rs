//! The format of OpenMetrics, read strictly: whatever Prometheus would refuse is a panic.

use std::collections::{BTreeMap, BTreeSet};

type Labels = BTreeMap<String, String>;

/// Samples by their names, each with its labels and its value.
#[derive(Default)]
pub(crate) struct Samples(Vec<(String, Labels, f64)>);

impl Samples {
    /// The sum of the samples of this name that have these labels among theirs.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |its: &Labels| {
            labels.iter().all(|(key, value)| its.get(*key).is_some_and(|found| found == value))
        };
        let of = self.0.iter().filter(|(its, labels, _)| its == name && fits(labels));
        of.map(|(_, _, value)| value).sum()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(its, ..)| its == name)
    }
}

#[derive(Default)]
struct Family {
    name: String,
    kind: String,
}

pub(crate) fn read(text: &str) -> Samples {
    let body = text.strip_suffix("# EOF\n").expect("it ends with `# EOF`");
    assert!(!body.contains("# EOF"), "nothing follows the end");
    let (mut samples, mut families) = (Samples::default(), BTreeSet::new());
    let mut family = Family::default();
    for line in body.lines() {
        assert_eq!(line.trim(), line, "no blanks at the ends");
        if let Some(said) = line.strip_prefix("# ") {
            let (word, rest) = said.split_once(' ').expect("a word and a name");
            let (name, value) = rest.split_once(' ').expect("a name and a value");
            assert!(is_name(name), "{line}");
            if name != family.name {
                assert!(families.insert(name.to_owned()), "{name} comes twice");
                family = Family { name: name.to_owned(), ..Family::default() };
            }
            match word {
                "HELP" => {}
                "UNIT" => assert!(name.ends_with(&format!("_{value}")), "{line}"),
                "TYPE" => {
                    assert!(["counter", "gauge", "histogram", "info"].contains(&value), "{line}");
                    value.clone_into(&mut family.kind);
                }
                _ => panic!("{line}"),
            }
            continue;
        }
        let (name, labels, value) = sample(line);
        let suffix = name.strip_prefix(&family.name).expect("a sample of the family");
        let suffixes: &[&str] = match &*family.kind {
            "counter" => &["_total"],
            "gauge" => &[""],
            "histogram" => &["_bucket", "_sum", "_count"],
            "info" => &["_info"],
            other => panic!("{line} has the type {other:?}"),
        };
        assert!(suffixes.contains(&suffix), "{line} in a {}", family.kind);
        assert_eq!(labels.contains_key("le"), suffix == "_bucket", "{line}");
        let same = samples.0.iter().any(|(its, of, _)| *its == name && *of == labels);
        assert!(!same, "{line} comes twice");
        samples.0.push((name, labels, value));
    }
    buckets(&samples);
    samples
}

/// A histogram's name and labels, and its bounds with their counts.
type Buckets = BTreeMap<(String, Vec<(String, String)>), Vec<(f64, f64)>>;

/// Those of one histogram rise, and the last has them all.
fn buckets(samples: &Samples) {
    let mut all = Buckets::new();
    for (name, labels, value) in &samples.0 {
        if let Some(of) = name.strip_suffix("_bucket") {
            let mut labels = labels.clone();
            let bound = match &*labels.remove("le").expect("a bound") {
                "+Inf" => f64::INFINITY,
                bound => bound.parse().expect("a number"),
            };
            let key = (of.to_owned(), labels.into_iter().collect());
            all.entry(key).or_default().push((bound, *value));
        }
    }
    for ((name, labels), buckets) in all {
        let rising = buckets.windows(2).all(|it| it[0].0 < it[1].0 && it[0].1 <= it[1].1);
        assert!(rising, "{name} {labels:?}: {buckets:?}");
        let (bound, last) = buckets.last().expect("a bucket");
        let labels: Vec<(&str, &str)> = labels.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert!(bound.is_infinite(), "{name} has no last bucket");
        assert_eq!(*last, samples.sum(&format!("{name}_count"), &labels), "{name}");
    }
}

fn is_name(name: &str) -> bool {
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(first)
        && name.bytes().all(|byte| first(byte) || byte.is_ascii_digit())
}

fn sample(line: &str) -> (String, Labels, f64) {
    let end = line.find(['{', ' ']).expect("a value");
    let (name, mut rest) = line.split_at(end);
    assert!(is_name(name), "{line}");
    let mut labels = Labels::new();
    if let Some(mut inside) = rest.strip_prefix('{') {
        loop {
            let (key, after) = inside.split_once("=\"").expect("a label");
            assert!(is_name(key), "{line}");
            let (value, after) = quoted(after);
            assert!(labels.insert(key.to_owned(), value).is_none(), "{line}");
            match after.split_at(1) {
                (",", after) => inside = after,
                ("}", after) => break rest = after,
                _ => panic!("{line}"),
            }
        }
    }
    let value = rest.strip_prefix(' ').expect("one blank");
    (name.to_owned(), labels, value.parse().expect("a number"))
}

/// A value up to its quote, and what is behind it.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '"' => return (value, &text[place + 1..]),
            '\\' => match letters.next().map(|(_, letter)| letter) {
                Some('n') => value.push('\n'),
                Some(letter @ ('"' | '\\')) => value.push(letter),
                other => panic!("\\{other:?}"),
            },
            letter => value.push(letter),
        }
    }
    panic!("no end: {text}")
}
