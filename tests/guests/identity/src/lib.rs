//! Gives back what it is given, and puts things where a test wants them.
#![forbid(unsafe_code)]

mod identities;
mod places;
mod sites;

macro_guest_sdk::component!(
    identities::identity,
    identities::identity_rebuilt,
    identities::identity_items,
    identities::identity_derive,
    identities::identity_derive_rebuilt,
    identities::identity_function,
    identities::identity_function_rebuilt,
    identities::regrouped,
    places::error_at,
    places::warning_at,
    places::told_at,
    places::token_at,
    places::warned,
    sites::local_mixed,
    sites::local_call,
    sites::local_resolved,
    sites::located,
    sites::moved_crate,
);
