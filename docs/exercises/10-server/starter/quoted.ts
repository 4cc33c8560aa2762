#!/usr/bin/env node
/**
 * quoted: a server for quotations. Each client gets one at once, and another for each line that it sends.
 *
 * @module
 */
import '../../../../perl/perlrun.ts';
import { die } from '../../../../perl/perl.ts';

die('quoted.ts is still to be written\n');
