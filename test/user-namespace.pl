# perl user-namespace.pl FOLDER COMMAND...
# Runs a command in a user namespace of its own, with a bpf file system on FOLDER that delegates everything to it (Linux 6.9).
# Perl, because it has system calls without a compiler and is on every machine that builds software.
use strict;
use warnings;

my ($MOVE_MOUNT, $FSOPEN, $FSCONFIG, $FSMOUNT, $PIDFD_OPEN, $PIDFD_GETFD) = (429, 430, 431, 432, 434, 438);
my $UNSHARE = `uname -m` =~ /x86_64/ ? 272 : 97;
my ($CLONE_NEWNS, $CLONE_NEWUSER) = (0x20000, 0x10000000);
my ($SET_STRING, $CREATE) = (1, 6);

sub call {
    my ($what, @call) = @_;
    my $result = syscall($call[0], @call[1 .. $#call]);
    die "$what: $!\n" if $result < 0;
    return $result;
}

my ($folder, @command) = @ARGV;
pipe(my $from_child, my $to_parent) or die;
pipe(my $from_parent, my $to_child) or die;
my $pid = fork() // die;
if ($pid == 0) {
    call("unshare", $UNSHARE, $CLONE_NEWUSER | $CLONE_NEWNS);
    syswrite($to_parent, "x");
    sysread($from_parent, my $mapped, 1) or exit 1;
    my ($type, $empty) = ("bpf", "");
    my $context = call("fsopen", $FSOPEN, $type, 0);
    syswrite($to_parent, pack("l", $context));
    sysread($from_parent, my $created, 1) or exit 1;
    my $mount = call("fsmount", $FSMOUNT, $context, 0, 0);
    call("move_mount", $MOVE_MOUNT, $mount, $empty, -100, $folder, 4);
    exec(@command) or die "exec: $!\n";
}
close $to_parent;
sub give {
    my ($file, $text) = @_;
    open(my $handle, ">", "/proc/$pid/$file") or die "$file: $!\n";
    print $handle $text;
    close $handle or die "$file: $!\n";
}
sysread($from_child, my $ready, 1) or exit 1;
give("uid_map", "0 0 1");
give("setgroups", "deny");
give("gid_map", "0 0 1");
syswrite($to_child, "x");
# What is delegated is for those to say who have the privileges.
sysread($from_child, my $number, 4) == 4 or exit 1;
my $context = call("pidfd_getfd", $PIDFD_GETFD, call("pidfd_open", $PIDFD_OPEN, $pid, 0), unpack("l", $number), 0);
for my $what ("cmds", "maps", "progs", "attachs") {
    my ($key, $any) = ("delegate_$what", "any");
    call("fsconfig $key", $FSCONFIG, $context, $SET_STRING, $key, $any, 0);
}
call("fsconfig", $FSCONFIG, $context, $CREATE, 0, 0, 0);
syswrite($to_child, "x");
waitpid($pid, 0);
exit($? >> 8);
