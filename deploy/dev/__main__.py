"""`python -m deploy.dev up|stop|status|run`: see `deploy.dev.servers`."""

import sys

from deploy.dev.servers import main

sys.exit(main())
