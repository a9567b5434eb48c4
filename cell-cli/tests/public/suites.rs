//! Two of the crates have compile-fail suites of their own. Each file is compiled with the ordinary
//! proc-macro and with the component: what rustc says is the same, to the byte.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::crates::Crates;
use crate::scratch;
use crate::workspace::Workspace;

/// What one suite was.
#[derive(Debug, Default)]
struct Suite {
    files: usize,
    /// Files of which rustc says what the crate's authors wrote down, with a compiler of theirs.
    as_published: usize,
    differences: Vec<String>,
}

#[test]
#[expect(clippy::print_stdout, reason = "figures for `--nocapture`")]
fn suites_of_public_crates_say_the_same_of_components() -> Result<()> {
    if std::env::var_os("SLOW_TESTS").is_none() {
        return Ok(());
    }
    let crates = Crates::fetch()?;
    let workspace = Workspace::build(&crates)?;
    let this_error = workspace.this_error(&crates)?;
    for (package, name, library, least) in [
        ("thiserror", "thiserror", &*this_error, 30),
        ("async-trait", "async_trait", workspace.library(), 15),
    ] {
        let suite = compare(&workspace, crates.folder(package)?, (name, library))?;
        let Suite { files, as_published, differences } = &suite;
        println!("{package}: {files} files, {as_published} as published");
        ensure!(differences.is_empty(), "{package}: {}", differences.join("\n"));
        ensure!(*files >= least, "only {files} files in the suite of {package}");
        // Else it is another suite than the one that was meant, or nothing was compiled.
        ensure!(*as_published * 2 > *files, "{package}: only {as_published} as published");
    }
    Ok(())
}

fn compare(workspace: &Workspace, folder: &Path, library: (&str, &Path)) -> Result<Suite> {
    let mut suite = Suite::default();
    for file in scratch::files(&folder.join("tests/ui"))? {
        if file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let file = Path::new("tests/ui").join(file);
        let native = workspace.says((folder, &file), library, "native")?;
        let ours = workspace.says((folder, &file), library, "component")?;
        ensure!(native.contains("error"), "nothing is wrong with {}: {native}", file.display());
        if native != ours {
            let name = file.display();
            suite.differences.push(format!("{name}:\n--- native\n{native}\n--- ours\n{ours}"));
        }
        let published = fs::read_to_string(folder.join(&file).with_extension("stderr"))?;
        suite.as_published += usize::from(plain(&published) == plain(&ours));
        suite.files += 1;
    }
    Ok(suite)
}

/// Without the lines that count, which are not in the published files, and without what stands at the
/// end of lines.
fn plain(text: &str) -> String {
    let counts = ["error: aborting due to", "For more information about", "Some errors have"];
    let kept = text.lines().filter(|line| !counts.iter().any(|words| line.starts_with(words)));
    kept.map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned()
}
