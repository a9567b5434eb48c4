//! What a method leads to: the types that it needs, and the secret ones among them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Content, Named, Schema, Type};

/// Where a method gives away a secret type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// The type.
    pub ty: String,
    /// The argument that leads to it; `None` if it is the method's value.
    pub argument: Option<String>,
    /// The parts of other types on the way, the first one first: `User.keys`, `Keys::Main`.
    pub through: Vec<String>,
}

/// Parts that are named in a text; of a longer way the middle is left out.
const SHOWN: usize = 8;

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ty, argument, through } = self;
        match argument {
            Some(name) => write!(f, "its argument `{name}` holds")?,
            None => f.write_str("its value holds")?,
        }
        write!(f, " the secret type `{ty}`")?;
        for (index, part) in through.iter().enumerate() {
            let left = through.len() - index;
            let before = if index == 0 { ", through " } else { ", " };
            if through.len() <= SHOWN || index < SHOWN / 2 || left <= SHOWN / 2 {
                write!(f, "{before}`{part}`")?;
            } else if index == SHOWN / 2 {
                f.write_str(", ..")?;
            }
        }
        Ok(())
    }
}

/// A type that was found, and what led to it.
struct Found<'a> {
    name: &'a str,
    argument: Option<&'a str>,
    /// The part of another type, and where that one is in the list.
    part: Option<(String, usize)>,
}

impl Schema {
    /// The first secret type that this method takes or returns, however deep in other types. `None`
    /// too if there is no such method.
    #[must_use]
    pub fn exposed(&self, method: &str) -> Option<Exposed> {
        if self.secret.is_empty() {
            return None;
        }
        let (found, wanted) = self.walk(method, |name| self.secret.contains(name));
        let mut last = found.get(wanted?)?;
        let (ty, argument) = (last.name.to_owned(), last.argument.map(str::to_owned));
        let mut through = Vec::new();
        while let Some((part, before)) = &last.part {
            through.push(part.clone());
            last = found.get(*before)?;
        }
        through.reverse();
        Some(Exposed { ty, argument, through })
    }

    /// The schema of this method alone, with the types that it leads to. Two releases of a service
    /// agree about one question if these are the same. `None` if there is no such method.
    #[must_use]
    pub fn only(&self, method: &str) -> Option<Self> {
        let (name, found) = self.methods.get_key_value(method)?;
        let reached: BTreeSet<&str> =
            self.walk(method, |_| false).0.iter().map(|found| found.name).collect();
        let keep = |name: &&String| reached.contains(name.as_str());
        let types = self.types.iter().filter(|(name, _)| keep(name));
        Some(Self {
            service: self.service.clone(),
            methods: BTreeMap::from([(name.clone(), found.clone())]),
            types: types.map(|(name, named)| (name.clone(), named.clone())).collect(),
            secret: self.secret.iter().filter(keep).cloned().collect(),
        })
    }

    /// The types that a method leads to, the nearest first, and the place of the first one that is
    /// `wanted`, behind which nothing is looked for.
    fn walk(&self, method: &str, wanted: impl Fn(&str) -> bool) -> (Vec<Found<'_>>, Option<usize>) {
        let mut walk = Walk { schema: self, found: Vec::new(), seen: BTreeSet::new() };
        let Some(method) = self.methods.get(method) else { return (walk.found, None) };
        for argument in &method.arguments {
            walk.add(&argument.ty, Some(&argument.name), || None);
        }
        walk.add(&method.returns, None, || None);
        let mut next = 0;
        while let Some(Found { name, argument, .. }) = walk.found.get(next) {
            if wanted(name) {
                return (walk.found, Some(next));
            }
            let (name, argument) = (*name, *argument);
            walk.parts(name, argument, next);
            next += 1;
        }
        (walk.found, None)
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    found: Vec<Found<'a>>,
    seen: BTreeSet<&'a str>,
}

impl<'a> Walk<'a> {
    /// Adds the types with names that stand in this one.
    fn add(
        &mut self,
        ty: &'a Type,
        argument: Option<&'a str>,
        part: impl Fn() -> Option<(String, usize)>,
    ) {
        let mut open = vec![ty];
        while let Some(ty) = open.pop() {
            if let Type::Named(name) = ty
                && self.schema.types.contains_key(name)
                && self.seen.insert(name)
            {
                self.found.push(Found { name, argument, part: part() });
            }
            open.extend(ty.parts());
        }
    }

    /// Adds those that stand in the type which is at `place` in the list.
    fn parts(&mut self, name: &'a str, argument: Option<&'a str>, place: usize) {
        match self.schema.types.get(name) {
            None => {}
            Some(Named::Wrapper(inside)) => {
                self.add(inside, argument, || Some((name.to_owned(), place)));
            }
            Some(Named::Struct(fields)) => {
                for field in fields {
                    let part = || Some((format!("{name}.{}", field.name), place));
                    self.add(&field.ty, argument, part);
                }
            }
            Some(Named::Enum(variants)) => {
                for variant in variants {
                    let part = || Some((format!("{name}::{}", variant.name), place));
                    match &variant.content {
                        Content::Unit => {}
                        Content::Tuple(types) => {
                            types.iter().for_each(|ty| self.add(ty, argument, part));
                        }
                        Content::Struct(fields) => {
                            fields.iter().for_each(|field| self.add(&field.ty, argument, part));
                        }
                    }
                }
            }
        }
    }
}
