// Loaded before the CLI: what root may do says nothing of permissions.
if (process.getuid() === 0) {
  process.setgroups([])
  process.setgid(Number(process.env.GROUP_OF_NOBODY ?? 65534))
  process.setuid(65534)
}
