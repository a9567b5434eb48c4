//! Which crates are compared, and how their inputs name them.

/// A proc-macro crate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crate {
    /// Its name.
    pub(crate) name: &'static str,
    /// The crate that re-exports its macros: its tests and documentation are inputs, and there it is
    /// called by this name. It is compiled too if the set depends on it; else the name stands for the
    /// macros alone, and what else is in it is not found, on either side.
    pub(crate) facade: &'static str,
    /// Why it does not yield quite the same, if it does not; `sometimes` if only now and then.
    pub(crate) differs: &'static str,
}

/// A workspace in `tests/sandboxed-macros`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Set {
    /// Its folder.
    pub(crate) name: &'static str,
    pub(crate) crates: &'static [Crate],
}

const fn of(name: &'static str, facade: &'static str) -> Crate {
    Crate { name, facade, differs: "" }
}

/// Those in the graph of our own workspace.
pub(crate) const GRAPH: Set = Set {
    name: "graph",
    crates: &[
        of("async-trait", ""),
        of("bytecheck_derive", "bytecheck"),
        of("clap_derive", "clap"),
        of("enumflags2_derive", "enumflags2"),
        of("munge_macro", "munge"),
        of("prometheus-client-derive-encode", ""),
        of("ptr_meta_derive", "ptr_meta"),
        of("pulley-macros", ""),
        of("rkyv_derive", "rkyv"),
        Crate {
            name: "rustversion",
            facade: "",
            differs: "answers for the compiler that it was compiled with, which is that of components; says the date in errors",
        },
        of("serde_derive", "serde"),
        of("thiserror-impl", "thiserror"),
        of("tokio-macros", "tokio"),
        Crate {
            name: "wasm-bindgen-macro",
            facade: "wasm-bindgen",
            differs: "names contain a hash of the package's folder, which a component sees as `/package`",
        },
        Crate {
            name: "wasmtime-internal-component-macro",
            facade: "",
            differs: "reads WIT files below the package by their path, which a component sees as `/package`",
        },
        of("wasmtime-internal-versioned-export-macros", ""),
    ],
};

/// Others.
pub(crate) const OTHERS: Set = Set {
    name: "others",
    crates: &[
        of("argh_derive", "argh"),
        of("async-recursion", ""),
        of("async-stream-impl", "async-stream"),
        of("auto_impl", ""),
        of("bitfield-struct", ""),
        of("bytemuck_derive", "bytemuck"),
        of("const_format_proc_macros", "const_format"),
        of("ctor", ""),
        of("delegate", ""),
        Crate {
            name: "derivative",
            facade: "",
            differs: "cannot be built: its `syn` 1 leaves `proc_macro` out on WebAssembly",
        },
        of("derive-new", ""),
        of("derive-where", ""),
        of("derive_arbitrary", "arbitrary"),
        of("derive_builder_macro", "derive_builder"),
        Crate {
            name: "derive_more-impl",
            facade: "derive_more",
            differs: "iterates over hash sets, in the order of a machine of 32 bits; prints tokens into strings, with other blanks",
        },
        of("derive_setters", ""),
        of("displaydoc", ""),
        of("document-features", ""),
        Crate {
            name: "educe",
            facade: "",
            differs: "sometimes: iterates over a hash map, natively in another order each time",
        },
        of("enum-as-inner", ""),
        of("enum-iterator-derive", "enum-iterator"),
        of("enum-map-derive", "enum-map"),
        Crate {
            name: "enum_dispatch",
            facade: "",
            differs: "collects in one call what it gives out in another, and nothing is kept between calls",
        },
        of("futures-macro", "futures"),
        Crate {
            name: "getset",
            facade: "",
            differs: "throws some errors and catches them, as components cannot: they come without text",
        },
        of("impl-trait-for-tuples", ""),
        of("indoc", ""),
        of("linkme-impl", "linkme"),
        of("logos-derive", "logos"),
        of("miette-derive", "miette"),
        Crate {
            name: "mockall_derive",
            facade: "mockall",
            differs: "names contain hashes of machine words, which have 32 bits in a component",
        },
        of("monostate-impl", "monostate"),
        of("num-derive", ""),
        of("num_enum_derive", "num_enum"),
        Crate {
            name: "paste",
            facade: "",
            differs: "catches panics of `Ident::new`, as components cannot: a name that is none is said in our words",
        },
        Crate {
            name: "pin-project-internal",
            facade: "pin-project",
            differs: "errors print tokens, with other blanks",
        },
        of("prost-derive", "prost"),
        of("ref-cast-impl", "ref-cast"),
        Crate {
            name: "rstest_macros",
            facade: "rstest",
            differs: "finds files by patterns below the package, which would have to be granted one by one",
        },
        of("schemars_derive", "schemars"),
        of("seq-macro", ""),
        of("serde_repr", ""),
        Crate {
            name: "smart-default",
            facade: "",
            differs: "writes documentation that prints tokens, with other blanks",
        },
        of("snafu-derive", "snafu"),
        of("strum_macros", "strum"),
        of("test-case-macros", "test-case"),
        of("time-macros", "time"),
        of("tracing-attributes", ""),
        of("typed-builder-macro", "typed-builder"),
        of("typetag-impl", "typetag"),
        of("validator_derive", "validator"),
        of("yoke-derive", "yoke"),
        of("zerocopy-derive", "zerocopy"),
        of("zerofrom-derive", "zerofrom"),
        of("zeroize_derive", "zeroize"),
        of("zerovec-derive", "zerovec"),
    ],
};
