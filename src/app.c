// SPDX-License-Identifier: Apache-2.0
// The only list of modules. Their order is the order of the navigation.
#include "app.h"

#include "cmd/cmd.h"
#include "mod/account/account.h"
#include "mod/demand/demand.h"
#include "mod/dues/dues.h"
#include "mod/enterprise/enterprise.h"
#include "mod/home/home.h"
#include "mod/imports/imports.h"
#include "mod/membership/membership.h"
#include "mod/org/org.h"
#include "mod/people/people.h"
#include "mod/post/post.h"
#include "mod/rollup/rollup.h"
#include "mod/system/system.h"

const struct module *const MODULES[] = {
    &HOME_MODULE,       &DEMAND_MODULE, &ENTERPRISE_MODULE, &PERSON_MODULE,
    &MEMBERSHIP_MODULE, &POST_MODULE,   &DUES_MODULE,       &ORG_MODULE,
    &IMPORTS_MODULE,    &ROLLUP_MODULE, &ACCOUNT_MODULE,    &SYSTEM_MODULE,
    &IMPORT_MODULE,     &CHECK_MODULE,  &COPY_MODULE,       &GENERATE_MODULE,
    &DEMO_MODULE,       NULL,
};
