/*
 * A libbpf that was built against glibc 2.38 or newer calls these by their names in C23; with an older C library they are
 * the functions without the prefix. Compiled as C11, in which the calls below mean those.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int __isoc23_sscanf(const char *text, const char *format, ...)
{
	va_list arguments;
	int count;

	va_start(arguments, format);
	count = vsscanf(text, format, arguments);
	va_end(arguments);
	return count;
}

int __isoc23_fscanf(FILE *file, const char *format, ...)
{
	va_list arguments;
	int count;

	va_start(arguments, format);
	count = vfscanf(file, format, arguments);
	va_end(arguments);
	return count;
}

long __isoc23_strtol(const char *text, char **end, int base)
{
	return strtol(text, end, base);
}

long long __isoc23_strtoll(const char *text, char **end, int base)
{
	return strtoll(text, end, base);
}

unsigned long __isoc23_strtoul(const char *text, char **end, int base)
{
	return strtoul(text, end, base);
}

unsigned long long __isoc23_strtoull(const char *text, char **end, int base)
{
	return strtoull(text, end, base);
}
