from sandbox.oneflow.server import main

raise SystemExit(main())
