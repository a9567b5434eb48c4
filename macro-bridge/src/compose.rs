//! From one request to what each guest sees, and from what the guests return to one expansion.
