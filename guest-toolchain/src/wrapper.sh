#!/bin/sh
# Cargo derives the names of symbols from the folder of a package that lies outside the workspace,
# so two checkouts would give two components. Here they come from name and version.
# CELL_GRAPH tells apart the packages of the library, of our `proc_macro` and of the guest: one
# package can be in all three.
rustc=$1
shift
case " $* " in
*" --target wasm32-unknown-unknown "*) ;;
*) exec "$rustc" "$@" ;;
esac
for argument do
    shift
    case $argument in
    -Zunpretty=expanded)
        # What a crate is after its macros were expanded; printed, not compiled.
        RUSTC_BOOTSTRAP=1
        export RUSTC_BOOTSTRAP
        ;;
    metadata=*)
        argument="metadata=$CELL_GRAPH-$CARGO_PKG_NAME-$CARGO_PKG_VERSION-$CARGO_CRATE_NAME"
        ;;
    */src/lib.rs)
        # See inside.rs.
        case $CELL_GRAPH:$CELL_INSIDE in
        guest:*/"$CARGO_PKG_NAME-$CARGO_PKG_VERSION") argument=$CELL_INSIDE/src/lib.rs ;;
        esac
        # See library.rs.
        case $CELL_GRAPH:$CARGO_PKG_NAME:$CELL_LIBRARY in
        std:std:/*) argument=$CELL_LIBRARY/std/src/lib.rs ;;
        esac
        ;;
    esac
    set -- "$@" "$argument"
done
# The packages that the library is built from were unpacked in somebody's home: they get the names
# that they have in the libraries which come with a compiler.
case $CELL_GRAPH:$CARGO_MANIFEST_DIR in
std:*/registry/src/*)
    set -- "$@" "--remap-path-prefix=$CARGO_MANIFEST_DIR=/rust/deps/$CARGO_PKG_NAME-$CARGO_PKG_VERSION"
    ;;
esac
# Not when cargo asks the compiler what it can do: it reads a warning then. The folder of a package gets
# its name here, where others have a flag for each package of their graph.
case $CELL_FOREIGN:$CARGO_PKG_NAME in
1:?*)
    set -- "$@" --cap-lints=allow \
        "--remap-path-prefix=$CARGO_MANIFEST_DIR=$CARGO_PKG_NAME-$CARGO_PKG_VERSION"
    ;;
esac
exec "$rustc" "$@"
