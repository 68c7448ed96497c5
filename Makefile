# Thin: each target delegates to the command of the same name in scripts/.
PYTHON ?= python3
COMMANDS := help demo test unit pytest shell update test-odoo test-core test-install bench \
            lint format translations wheel stop clean

# So that paths in ARGS and SCRIPT mean the caller's files, under `make -C`, too.
export AFTERSALES_CALLER := $(or $(PWD),$(CURDIR))

.DEFAULT_GOAL := help
.PHONY: $(COMMANDS)
$(COMMANDS):
	@$(PYTHON) -m scripts $@
