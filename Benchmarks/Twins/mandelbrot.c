// Twin of Examples/mandelbrot.uops without drawing (draws = 0).
//     mandelbrot N
#include "twin.h"

int main(int count, char **arguments)
{
    int64_t n = argument(count, arguments, 1, 13), limit = argument(count, arguments, 2, 100);
    int64_t inside = 0;
    double start = microseconds();
    double scale = 2.5 / (double)n;
    for (int64_t row = 0; row < n; row++) {
        double c_imaginary = ((double)row + 0.5) * scale - 1.25;
        for (int64_t column = 0; column < n * 3; column++) {
            double c_real = ((double)column + 0.5) * scale * 0.4375 - 2.25;
            double z_real = 0, z_imaginary = 0;
            int64_t step = 0;
            do {
                if (z_real * z_real + z_imaginary * z_imaginary > 4) goto outside;
                double real = z_real * z_real - z_imaginary * z_imaginary + c_real;
                z_imaginary = (z_real + z_real) * z_imaginary + c_imaginary;
                z_real = real;
            } while (++step < limit);
            inside++;
        outside:;
        }
    }
    report(start);
    printf("inside = %" PRId64 "\n", inside);
    return 0;
}
