//! Into the background, away from the compiler that started it.

use std::io;

/// Leaves the session of the terminal, and closes everything that was inherited except standard
/// input, output and error: among it are cargo's job server and pipes that cargo waits on.
///
/// To be called first of all, before this process has opened anything itself.
///
/// # Errors
/// If the list of open files cannot be read.
pub fn detach() -> io::Result<()> {
    // It fails where the process leads a group already; then it is its own group's, which will do.
    let _ = rustix::process::setsid();
    let listing = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let numbers: Vec<i32> = std::fs::read_dir(listing)?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|number| *number > 2)
        .collect();
    for number in numbers {
        // The listing had a number too, which is closed again.
        if std::fs::symlink_metadata(format!("{listing}/{number}")).is_err() {
            continue;
        }
        // SAFETY: nothing in this process owns a descriptor yet except the standard streams, which
        // are left alone: the caller has opened nothing, so all others are open and inherited.
        unsafe { rustix::io::close(number) };
    }
    Ok(())
}
