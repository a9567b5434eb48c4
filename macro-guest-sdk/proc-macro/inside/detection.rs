//! A component is always inside a compiler: its tokens are those of the host.

pub(crate) const fn inside_proc_macro() -> bool {
    true
}
