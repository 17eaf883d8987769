"""Predictions on a backend with shots: asked now, answered later, billed once.

```
route ──► desk ──► store (SQLite) ◄── worker, in a process of its own ──► executor, journal of jobs, ledger
```

The front process writes jobs down and reads what came of them; the worker packs them into batches, each one job of
the backend, and settles what they cost. Either can be killed at any moment: what is to be done stands in the store.
"""
