//! A source file, expanded as rust-analyzer does it: of an item the first attribute that is a macro,
//! of what that makes again the first, until none is left; then its derives; and calls wherever they
//! stand.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::message::Kind;
use crate::server::{Analyzer, Variables};
use crate::syntax::{Item, Rules, attribute, call, path, split_at_commas};
use crate::tree::{Delimiter, Tree, lex, text};

/// A file in which all macros of the server's library are expanded.
#[derive(Clone, Debug)]
pub struct File {
    /// What it became. Other macros and derives are still there.
    pub trees: Vec<Tree>,
    /// The expansions, in the order in which they were asked for.
    pub steps: Vec<Step>,
}

/// One expansion.
#[derive(Clone, Debug)]
pub struct Step {
    /// The macro of the library.
    pub name: String,
    /// What it made.
    pub made: Vec<Tree>,
}

impl File {
    /// Expands the macros of a file. Those of the library are found by their paths in the crate
    /// `cell`, and in modules that `cell::cell_remote!` made further up in the file. Attributes and
    /// derives count on items of the file, not on those in its modules and functions.
    ///
    /// # Errors
    /// If it is not Rust tokens, and those of [`Analyzer::expand`].
    pub fn expand(source: &str, analyzer: &mut Analyzer, env: &Variables) -> Result<Self> {
        let mut walk = Walk { analyzer, env, names: BTreeMap::new(), steps: Vec::new() };
        let mut trees = Vec::new();
        walk.items(&lex(source)?, &mut trees)?;
        Ok(Self { trees, steps: walk.steps })
    }

    /// The whole as source text.
    #[must_use]
    pub fn text(&self) -> String {
        text(&self.trees)
    }

    /// The names of the macros that were expanded, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.steps.iter().map(|step| step.name.as_str()).collect()
    }
}

struct Walk<'a> {
    analyzer: &'a mut Analyzer,
    env: &'a Variables,
    /// What is in the modules of cells, by path.
    names: BTreeMap<String, Name>,
    steps: Vec<Step>,
}

#[derive(Clone)]
enum Name {
    /// A macro of the library.
    Library(String),
    /// A `macro_rules!`.
    Rules(Rules),
}

impl Walk<'_> {
    fn items(&mut self, mut trees: &[Tree], out: &mut Vec<Tree>) -> Result<()> {
        while !trees.is_empty() {
            let item = Item::split(trees);
            self.item(&item, out)?;
            trees = item.rest;
        }
        Ok(())
    }

    fn item(&mut self, item: &Item<'_>, out: &mut Vec<Tree>) -> Result<()> {
        // Without the ones that ran.
        let mut attributes = item.attributes.clone();
        let mut at = 0;
        let mut derives = Vec::new();
        let mut derived = Vec::new();
        while let Some(one) = attributes.get(at).copied() {
            let Some((path, arguments)) = attribute(one) else {
                at += 1;
                continue;
            };
            if path == "derive" {
                attributes.remove(at);
                derives.push(self.derive(
                    arguments.unwrap_or_default(),
                    &attributes,
                    item,
                    &mut derived,
                )?);
            } else if let Some(Name::Library(name)) = self.resolve(&path, Kind::Attribute) {
                attributes.remove(at);
                let input = join(&attributes, item.body);
                let made = self.ask(&name, Kind::Attribute, arguments, &input)?;
                self.items(&made, out)?;
                out.extend(derived);
                return Ok(());
            } else {
                at += 1;
            }
        }
        out.extend(derives.into_iter().flatten());
        out.extend(attributes.into_iter().flatten().cloned());
        match call(item.body) {
            // rust-analyzer resolves what is in them where they are used.
            Some((path, ..)) if path == "macro_rules" => out.extend_from_slice(item.body),
            Some((path, input, _)) if self.resolve(&path, Kind::Function).is_some() => {
                let (made, cell_module) = self.call(&path, input)?;
                if cell_module {
                    self.learn(&made);
                    out.extend(made);
                } else {
                    self.items(&made, out)?;
                }
            }
            _ => self.calls(item.body, out)?,
        }
        out.extend(derived);
        Ok(())
    }

    /// Runs those of ours in a `derive(..)`; gives back the attribute with the others.
    fn derive(
        &mut self,
        list: &[Tree],
        attributes: &[&[Tree]],
        item: &Item<'_>,
        derived: &mut Vec<Tree>,
    ) -> Result<Vec<Tree>> {
        let mut others = String::new();
        for one in split_at_commas(list) {
            let known = path(one).and_then(|(path, _)| self.resolve(&path, Kind::Derive));
            match known {
                Some(Name::Library(name)) => {
                    let input = join(attributes, item.body);
                    let made = self.ask(&name, Kind::Derive, None, &input)?;
                    self.items(&made, derived)?;
                }
                _ => others.push_str(&format!("{}, ", text(one))),
            }
        }
        if others.is_empty() { Ok(Vec::new()) } else { lex(&format!("#[derive({others})]")) }
    }

    /// Expands the calls in tokens where anything may stand.
    fn calls(&mut self, trees: &[Tree], out: &mut Vec<Tree>) -> Result<()> {
        let mut at = 0;
        while let Some(tree) = trees.get(at) {
            let rest = &trees[at..];
            if let Some((name, input, length)) = call(rest)
                && self.resolve(&name, Kind::Function).is_some()
            {
                let (made, _) = self.call(&name, input)?;
                self.calls(&made, out)?;
                at += length;
            } else if let Some((_, length)) = path(rest) {
                // Not once more from its second segment.
                out.extend_from_slice(&rest[..length]);
                at += length;
            } else if let Tree::Group { delimiter, open, close, content } = tree {
                let mut inside = Vec::new();
                self.calls(content, &mut inside)?;
                let (delimiter, open, close) = (*delimiter, *open, *close);
                out.push(Tree::Group { delimiter, open, close, content: inside });
                at += 1;
            } else {
                out.push(tree.clone());
                at += 1;
            }
        }
        Ok(())
    }

    /// Expands one call, and says whether it makes the module of a cell.
    fn call(&mut self, path: &str, input: &[Tree]) -> Result<(Vec<Tree>, bool)> {
        match self.resolve(path, Kind::Function) {
            Some(Name::Library(name)) => {
                let made = self.ask(&name, Kind::Function, None, input)?;
                Ok((made, name == "cell_remote"))
            }
            Some(Name::Rules(rules)) => Ok((rules.expand(input), false)),
            None => Ok((Vec::new(), false)),
        }
    }

    fn ask(
        &mut self,
        name: &str,
        kind: Kind,
        arguments: Option<&[Tree]>,
        input: &[Tree],
    ) -> Result<Vec<Tree>> {
        let made = self.analyzer.expand_trees(name, kind, arguments, input, self.env)?;
        self.steps.push(Step { name: name.to_owned(), made: made.clone() });
        Ok(made)
    }

    /// What a path names, if it is a macro that is expanded here.
    fn resolve(&self, path: &str, kind: Kind) -> Option<Name> {
        let path = path.strip_prefix("crate::").unwrap_or(path);
        let name = match path.strip_prefix("cell::") {
            Some(name) => Name::Library(name.to_owned()),
            None => self.names.get(path)?.clone(),
        };
        match &name {
            Name::Library(library) => {
                (self.analyzer.macros().get(library) == Some(&kind)).then_some(name)
            }
            Name::Rules(_) => (kind == Kind::Function).then_some(name),
        }
    }

    /// Remembers what is in the module of a cell.
    fn learn(&mut self, trees: &[Tree]) {
        for window in trees.windows(3) {
            let [word, Tree::Ident { text: alias, .. }, content] = window else { continue };
            let Some(content) = content.group(Delimiter::Brace).filter(|_| word.is_ident("mod"))
            else {
                continue;
            };
            for at in 0..content.len() {
                match &content[at..] {
                    [word, rest @ ..] if word.is_ident("use") => {
                        let Some((target, length)) = path(rest) else { continue };
                        let [word, Tree::Ident { text: name, .. }, ..] = &rest[length..] else {
                            continue;
                        };
                        if let Some(target) =
                            target.strip_prefix("cell::").filter(|_| word.is_ident("as"))
                        {
                            let target = Name::Library(target.to_owned());
                            self.names.insert(format!("{alias}::{name}"), target);
                        }
                    }
                    [word, _, Tree::Ident { text: name, .. }, rules, ..]
                        if word.is_ident("macro_rules") =>
                    {
                        let rules = rules.group(Delimiter::Brace).and_then(Rules::read);
                        if let Some(rules) = rules {
                            self.names.insert(format!("{alias}::{name}"), Name::Rules(rules));
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

fn join(attributes: &[&[Tree]], body: &[Tree]) -> Vec<Tree> {
    attributes.iter().copied().flatten().chain(body).cloned().collect()
}
