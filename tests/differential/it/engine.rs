//! The components that are committed, in the engine that runs them everywhere.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};
use macro_bridge::answer::{Answer, Question, Source};
use macro_bridge::digest::Digest;
use macro_bridge::expansion;
use macro_bridge::failure::Failure;
use macro_bridge::request::compact;
use macro_runtime::{CacheDir, Components, Lookup, Options, Reply, Runtime, load};

use crate::pipe;

/// One engine with all components.
pub(crate) struct Engine {
    runtime: Runtime,
    components: BTreeMap<Digest, Vec<u8>>,
}

impl Engine {
    /// # Panics
    /// If the components cannot be read.
    pub(crate) fn shared() -> &'static Self {
        static ENGINE: OnceLock<Engine> = OnceLock::new();
        ENGINE.get_or_init(|| Self::new().unwrap_or_else(|error| panic!("{error:#}")))
    }

    fn new() -> Result<Self> {
        let cache = Some(CacheDir::at(cell_tests::target()?.join("differential-cache")));
        let runtime = Runtime::new(Options { cache, ..Options::default() })?;
        let mut components = BTreeMap::new();
        for entry in fs::read_dir(cell_tests::workspace().join("guests/components"))? {
            let bytes = fs::read(entry?.path())?;
            components.insert(load::digest(&bytes), bytes);
        }
        Ok(Self { runtime, components })
    }

    /// Expands what it is asked to until nothing more is asked.
    pub(crate) fn serve(&self, from: &mut impl Read, to: &mut impl Write) -> Result<()> {
        while let Some(parts) = pipe::receive(from)? {
            let [request, kind, said] = parts.as_slice() else { bail!("{} parts", parts.len()) };
            let request = compact::decode(request).context("no request")?;
            let says = Says {
                reply: match kind.as_slice() {
                    b"reply" => Ok(said.clone()),
                    _ => Err(String::from_utf8_lossy(said).into_owned()),
                },
                asked: RefCell::default(),
            };
            let result = self.runtime.expand(&request, self, &says);
            let (mut bytes, mut code) = (Vec::new(), "");
            match &result {
                Ok(one) => expansion::compact::encode(&mut bytes, one),
                Err(failure) => {
                    code = failure.kind.code();
                    bytes.extend_from_slice(failure.message.as_bytes());
                }
            }
            let mut parts = vec![code.as_bytes(), &bytes];
            let asked = says.asked.into_inner();
            for Question { cell, function, arguments } in &asked {
                parts.extend([cell.as_bytes(), function.as_bytes(), arguments]);
            }
            // It is gone if it found a difference.
            if pipe::send(to, &parts).is_err() {
                break;
            }
        }
        Ok(())
    }
}

impl Components for Engine {
    fn component(&self, digest: &Digest) -> Result<Vec<u8>, Failure> {
        Ok(self.components[digest].clone())
    }
}

/// A cell that says one thing, whatever it is asked.
struct Says {
    reply: Reply,
    asked: RefCell<Vec<Question>>,
}

impl Lookup for Says {
    fn ask(&self, question: &Question) -> Result<Option<Answer>, Failure> {
        self.asked.borrow_mut().push(question.clone());
        let (question, reply) = (question.clone(), self.reply.clone());
        Ok(Some(Answer { question, reply, source: Source::default() }))
    }
}
