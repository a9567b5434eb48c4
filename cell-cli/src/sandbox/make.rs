//! From a proc-macro crate to its component and the crate that stands in for it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use cell_sandbox::entries::{self, Entries};
use cell_sandbox::graph::Found;
use cell_sandbox::packages::Locked;
use cell_sandbox::{forward, guest, manifest, neutral, sets};
use guest_toolchain::build::{self, Switches};
use guest_toolchain::compiler::{self, Compiler};
use guest_toolchain::kit::{self, Kit, Library};
use guest_toolchain::packages;
use macro_bridge::digest::Digest;

use super::confine::{self, Confinement};
use super::facts::Made;
use super::{Workspace, source_files};
use crate::arguments::Global;
use crate::arguments::sandbox::SandboxHow;
use crate::commands::build_macros;
use crate::shell::Shell;
use crate::{component, files, project};

/// A crate's components, and what stands in for the crate.
pub(crate) struct Built {
    /// With all features that the workspace turns on, and for each other set of features.
    pub(crate) parts: Vec<Part>,
    pub(crate) manifest: String,
    pub(crate) source: String,
}

/// One component.
pub(crate) struct Part {
    /// Its name in `cell.lock`.
    pub(crate) key: String,
    pub(crate) made: Made,
    pub(crate) digest: Digest,
    pub(crate) component: Vec<u8>,
    pub(crate) entries: Entries,
    /// The lock file that it was compiled with.
    pub(crate) lock: Vec<Locked>,
    /// Why it is the component with all features.
    pub(crate) failed: Option<anyhow::Error>,
}

impl Part {
    fn copied(&self) -> Self {
        Self {
            key: self.key.clone(),
            made: self.made.clone(),
            digest: self.digest,
            component: self.component.clone(),
            entries: self.entries.clone(),
            lock: self.lock.clone(),
            failed: None,
        }
    }
}

/// What builds components: a compiler and what it needs.
pub(crate) struct Workshop {
    compiler: Compiler,
    kit: Kit,
    switches: Switches,
    /// The checkout of ours to depend on; `None` for published versions.
    checkout: Option<PathBuf>,
    /// Where crates are copied and built.
    target: PathBuf,
    /// The versions to take.
    lock: String,
    /// The manifest of who wants the components: it may have a profile for them.
    project: String,
    /// What build scripts could not do.
    held: String,
}

impl Workshop {
    /// Finds a compiler and prepares it. `lock` is the `Cargo.lock` that says which versions are meant, of
    /// crates that `workspace` has.
    pub(crate) fn open(
        how: &SandboxHow,
        (workspace, target, lock): (&Workspace, &Path, String),
        global: &Global,
        shell: &Shell,
    ) -> Result<Self> {
        let switches = Switches {
            locked: false,
            quiet: !shell.verbose,
            foreign: true,
            ..build_macros::switches(global, shell)
        };
        let say = |verb: &str, text: &str| shell.status(verb, text);
        let compiler = compiler::choose(how.rustc.as_deref())?;
        let kit = kit::prepare(&compiler, Library::Sandboxed, &switches, &say)?;
        let checkout = how.sdk_path.as_deref().map(crate::commands::new::checkout).transpose()?;
        fs::create_dir_all(target)?;
        let target = target.canonicalize()?;
        let mut read = confine::homes();
        read.extend(confine::of_compiler(&compiler));
        read.extend(confine::settings(&target));
        read.push(kit.folder.clone());
        read.extend(checkout.clone());
        read.extend(confine::settings(&std::env::current_dir()?));
        read.extend(workspace.vendored().into_values());
        let confinement = Confinement::find(&read, &[target.join("target"), target.clone()])?;
        if confinement.held == confine::NOTHING {
            shell.warning(
                "this system cannot hold build scripts back: they run with your rights\n\
                 note: those of what is compiled for components, as in any build",
            );
        }
        let switches = Switches { runner: confinement.runner, ..switches };
        let project = workspace.manifest.clone();
        Ok(Self {
            compiler,
            kit,
            switches,
            checkout,
            target,
            lock,
            project,
            held: confinement.held,
        })
    }

    /// The same, with other versions.
    pub(crate) fn of_versions(self, lock: String) -> Self {
        Self { lock, ..self }
    }

    /// What components and what stands in for crates are made with, as lines of a manifest below the
    /// workspace's target folder.
    pub(crate) fn dependencies(&self) -> String {
        let from = self.target.join("vendored");
        let line = |package: &str, more: &str| {
            format!("{package} = {{ {}{more} }}\n", self.ours(package, &from))
        };
        let sdk = line("macro-guest-sdk", ", default-features = false");
        line("macro-bridge", "") + &sdk + "proc-macro2 = \"1\"\n"
    }

    /// Where a package of ours is, as manifests say it.
    fn ours(&self, package: &str, from: &Path) -> String {
        match &self.checkout {
            Some(checkout) => {
                let path = project::relative(from, &checkout.join(package));
                format!("path = {}", toml_edit::Value::from(path))
            }
            None => format!("version = \"{}\"", env!("CARGO_PKG_VERSION")),
        }
    }

    /// Builds one crate, with each set of features. `home` is the folder that what stands in for it will be in, `up` the way from
    /// there to `cell.lock`.
    pub(crate) fn build(
        &self,
        found: &Found,
        key: &str,
        (home, up): (&Path, &str),
    ) -> Result<Built> {
        let whole = self.part(found, &found.features, key.to_owned())?;
        let mut parts = vec![whole];
        for (number, features) in (1..).zip(&found.sets) {
            let key = sets::key(key, number);
            let part = self.part(found, features, key.clone()).unwrap_or_else(|error| {
                // Natively it is an error too to build it so, if anybody does.
                let made = Made { features: features.clone(), ..parts[0].made.clone() };
                Part { key, made, failed: Some(error), ..parts[0].copied() }
            });
            parts.push(part);
        }
        let digests: Vec<String> = parts.iter().map(|part| part.digest.to_string()).collect();
        let sets: Vec<forward::Set<'_>> = parts
            .iter()
            .zip(&digests)
            .map(|(Part { key, made, entries, .. }, digest)| forward::Set {
                features: &made.features,
                entries,
                key,
                digest,
            })
            .collect();
        let (whole, others) = sets.split_first().context("no component")?;
        let source = forward::source(found, up, (*whole, others));
        let manifest = forward::manifest(found, &self.ours("macro-bridge", home));
        Ok(Built { parts, manifest, source })
    }

    /// Builds one crate with these features.
    fn part(&self, found: &Found, features: &[String], key: String) -> Result<Part> {
        let found = &Found { features: features.to_vec(), ..found.clone() };
        let folder = self.target.join(&key);
        // As its author meant it; else as it is compiled in this workspace, by the grace of others.
        let entries = self.copy(found, &folder, false);
        let entries = entries.or_else(|_| self.copy(found, &folder, true))?;
        let manifest = folder.join("Cargo.toml");
        let component = folder.join(guest::COMPONENT);
        let source = guest::source(found, &entries.macros);
        files::replace(&component.join("src/lib.rs"), source.as_bytes())?;
        let workspace = packages::workspace(&manifest)?;
        let guests = workspace.select(&[guest::name(&found.name)])?;
        let target = self.target.join("target");
        let modules = build::build(
            &self.compiler,
            &self.kit,
            &workspace,
            &guests,
            Some(&target),
            &self.switches,
        )?;
        let module = modules.values().next().context("cargo built no module")?;
        let (bytes, audit) = component::encode(&found.name, module)?;
        Ok(Part {
            key,
            made: Made {
                name: found.name.clone(),
                version: found.version.clone(),
                features: found.features.clone(),
                compiler: self.compiler.id().to_owned(),
                held: self.held.clone(),
            },
            digest: audit.digest,
            component: bytes,
            entries,
            lock: cell_sandbox::packages::read(&files::read_text(&folder.join("Cargo.lock"))?)?,
            failed: None,
        })
    }

    /// Puts the workspace of the crate's guest together, and asks the compiler which macros it has.
    /// `beside`: with the features that others in the workspace turn on of what it depends on.
    fn copy(&self, found: &Found, folder: &Path, beside: bool) -> Result<Entries> {
        let from = found.manifest.parent().context("a manifest without a folder")?;
        let to = folder.join(guest::COPY);
        let root = found
            .root
            .strip_prefix(from)
            .with_context(|| format!("the root of `{}` is not in its own folder", found.name))?;
        let wanted = source_files(from)?;
        for old in source_files(&to).unwrap_or_default() {
            if !wanted.contains(&old) {
                let _ = fs::remove_file(to.join(old));
            }
        }
        let mut marks = 0;
        for file in &wanted {
            let bytes = files::read(&from.join(file))
                .with_context(|| format!("cannot read `{}`", from.join(file).display()))?;
            let bytes = if file == root {
                let text = String::from_utf8(bytes).context("its root is not text")?;
                let (text, found) = neutral::neutralised(&text)?;
                marks = found;
                text.into_bytes()
            } else if file == Path::new("Cargo.toml") {
                let text = String::from_utf8(bytes).context("its manifest is not text")?;
                let text = manifest::library(&text, &found.features)?;
                let text = match beside {
                    true => manifest::with_features(&text, &found.beside)?,
                    false => text,
                };
                let random = guest::links_random(found);
                let text = if random { manifest::asking_for_randomness(&text)? } else { text };
                text.into_bytes()
            } else if file == Path::new("Cargo.lock") {
                continue;
            } else {
                bytes
            };
            files::replace(&to.join(file), &bytes)?;
        }
        ensure!(marks > 0, "`{}` has no macros in `{}`", found.name, root.display());
        files::replace(&folder.join("Cargo.toml"), guest::workspace(&self.project).as_bytes())?;
        // Those versions that the workspace has; cargo leaves out what is not needed. Not those of a time
        // before.
        files::replace(&folder.join("Cargo.lock"), self.lock.as_bytes())?;
        let component = folder.join(guest::COMPONENT);
        let sdk = self.ours("macro-guest-sdk", &component);
        let text = guest::manifest(found, &sdk);
        files::replace(&component.join("Cargo.toml"), text.as_bytes())?;
        let source = component.join("src/lib.rs");
        if !source.is_file() {
            files::replace(&source, b"")?;
        }
        let expanded = build::expanded(
            &self.compiler,
            &self.kit,
            (&folder.join("Cargo.toml"), &found.name),
            &found.features,
            Some(&self.target.join("target")),
            &self.switches,
        )?;
        let entries = entries::read(&expanded)
            .with_context(|| format!("cannot tell which macros `{}` has", found.name))?;
        ensure!(!entries.macros.is_empty(), "`{}` has no macros with these features", found.name);
        Ok(entries)
    }
}
