//! All the way through cargo and rustc, with components. The token bridge: what comes back equals
//! what went in. Bad input: whatever is wrong with the code, the project, a macro or its component,
//! there is one error at the right tokens, it says whose fault it is, and its help can be followed.
//! rustc never dies and never hangs.
//!
//! What the library tests of `macro-bridge` and `macro-runtime` show is not shown again; here is
//! what only a whole build shows. Projects are in the target folder, under `tmp/end-to-end`.
#![forbid(unsafe_code)]

mod artifacts;
mod background;
mod book;
mod bridge;
mod cache;
mod calls;
mod cases;
mod code;
mod components;
mod composition;
mod crimes;
mod documents;
mod expansions;
mod guests;
mod help;
mod kill;
mod live;
mod new_cell;
mod new_macro;
mod outside;
mod profiles;
mod project;
mod records;
mod replay;
mod report;
mod run;
mod same;
mod same_in_rustc;
mod sandboxed;
mod sandboxed_updated;
mod sandboxed_vendored;
mod served;
mod server;
mod services;
mod stacks;
mod storm;
mod strangers;
mod surroundings;
mod told;
mod traced;
mod twin;
