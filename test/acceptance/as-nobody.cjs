// Loaded before the CLI: what root may do says nothing of permissions.
if (process.getuid() === 0) {
  process.setgroups([])
  process.setgid(65534)
  process.setuid(65534)
}
