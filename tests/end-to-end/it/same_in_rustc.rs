//! The same through rustc: expansions inside it, of the macro server, from the expansion cache and
//! recorded ones are the same, and so is all that rustc says of them.
