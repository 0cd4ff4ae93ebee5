// Alarms, dashboards and the budget of a stage. Everything is named, nothing imported, so no other stack's export is held in use.
import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

import { addBudget } from './budget.ts';
import type { StageConfig } from './config.ts';
import { addDashboards } from './dashboards.ts';
import { addOpsAlarms } from './ops-alarms.ts';

export class OpsStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { config: StageConfig }) {
    super(scope, id, props);
    const { config } = props;
    addOpsAlarms(this, config);
    addBudget(this, config);
    addDashboards(this, config);
  }
}
